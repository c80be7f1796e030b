#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace mobilenet_cost {

/// Finds the last of `count` things in ascending order that fits, by bisection: it names one after the other
/// to be tried. It takes for granted that what is narrower than one that fits fits, too, and looks whether
/// that holds beside the boundary: after the last that fits and the first that does not it asks for one more
/// on either side. When a wider one fits after all, it goes on from there.
class WidestSearch {
  public:
    explicit WidestSearch(std::size_t count) : answers_(count) {}

    /// What to try next; nothing: the search is over.
    [[nodiscard]] std::optional<std::size_t> next() const;

    /// Whether that fits.
    void tell(std::size_t index, bool fits) { answers_.at(index) = fits; }

    /// The widest that was tried and fits.
    [[nodiscard]] std::optional<std::size_t> widest() const;

    /// No narrower one that was tried did not fit.
    [[nodiscard]] bool is_monotone() const;

    [[nodiscard]] std::size_t tried() const;

  private:
    std::vector<std::optional<bool>> answers_;
};

}  // namespace mobilenet_cost
