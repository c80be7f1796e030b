#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/pick.h"

namespace mobilenet_cost {

/// Finds the last of `count` things in ascending order that fits, by bisection: it names one after the other
/// to be tried. It assumes that everything below one that fits fits too, and checks that at the boundary:
/// after the last that fits and the first that does not it asks for one more on either side. If a later one
/// fits after all, it goes on from there.
class WidestSearch {
  public:
    explicit WidestSearch(std::size_t count) : answers_(count) {}

    /// The next to try; nothing: the search is over.
    [[nodiscard]] std::optional<std::size_t> next() const;

    void tell(std::size_t index, bool fits) { answers_.at(index) = fits; }

    /// The widest that was tried and fits.
    [[nodiscard]] std::optional<std::size_t> widest() const;

    /// Every narrower one that was tried fits, too.
    [[nodiscard]] bool is_monotone() const;

    [[nodiscard]] std::size_t tried() const;

  private:
    std::vector<std::optional<bool>> answers_;
};

/// The result of the bisection in one model at one resolution; candidates by index.
struct WidestAnswer {
    std::string model;
    Resolution resolution;
    std::optional<std::size_t> candidate;  ///< the widest that is fast enough; absent: none is
    std::optional<std::size_t> beyond;     ///< the next wider one, which is not; absent: there is none
    bool monotone = true;                  ///< no narrower one was seen to be too slow
    std::size_t tried = 0;
    std::size_t widths = 0;
};

/// The widths of one model at one resolution, and the search among them.
class WidthRow {
  public:
    /// One for each model and resolution among these candidates.
    [[nodiscard]] static std::vector<WidthRow> rows_of(const std::vector<PickCandidate>& candidates,
                                                       const std::vector<std::size_t>& which);

    /// The candidate to time next.
    [[nodiscard]] std::optional<std::size_t> next() const;

    /// Takes the result for next() from its time.
    void tell(const std::vector<PickCandidate>& candidates, const PickLimit& limit);

    /// Says of those without a time what the search made of them.
    void mark_untimed(std::vector<PickCandidate>& candidates, const PickLimit& limit) const;

    [[nodiscard]] WidestAnswer answer(const std::vector<PickCandidate>& candidates) const;

  private:
    std::vector<std::size_t> widths_;  ///< candidates, narrow to wide
    WidestSearch search_{0};
    bool lost_ = false;  ///< one of them could not be timed, so it is unknown whether it fits
};

}  // namespace mobilenet_cost
