#include "mobilenet_cost/pick/widest_answer.h"

#include <algorithm>
#include <map>
#include <utility>

namespace mobilenet_cost {

std::optional<std::size_t> WidestSearch::next() const {
    // Everything below `low` is taken to fit, everything from `high` on not to.
    const std::optional<std::size_t> best = widest();
    const std::size_t low = best ? *best + 1 : 0;
    std::size_t high = low;
    while (high < answers_.size() && !answers_[high])
        ++high;
    if (low < high) return low + (high - low) / 2;
    // The boundary is known; one beyond it on either side tells whether it is one.
    if (low + 1 < answers_.size() && !answers_[low + 1]) return low + 1;
    if (low >= 2 && !answers_[low - 2]) return low - 2;
    return std::nullopt;
}

std::optional<std::size_t> WidestSearch::widest() const {
    for (std::size_t i = answers_.size(); i > 0; --i) {
        if (answers_[i - 1].value_or(false)) return i - 1;
    }
    return std::nullopt;
}

bool WidestSearch::is_monotone() const {
    const std::optional<std::size_t> best = widest();
    for (std::size_t i = 0; best && i < *best; ++i) {
        if (!answers_[i].value_or(true)) return false;
    }
    return true;
}

std::size_t WidestSearch::tried() const {
    return static_cast<std::size_t>(std::count_if(answers_.begin(), answers_.end(),
                                                  [](const auto& answer) { return answer.has_value(); }));
}

std::vector<WidthRow> WidthRow::rows_of(const std::vector<PickCandidate>& candidates,
                                        const std::vector<std::size_t>& which) {
    std::map<std::pair<std::string, Resolution>, std::size_t> places;
    std::vector<WidthRow> rows;
    for (const std::size_t index : which) {
        const SweepCell& cell = candidates[index].cell;
        const auto [place, is_new] = places.try_emplace({cell.model, cell.variant.resolution}, rows.size());
        if (is_new) rows.emplace_back();
        rows[place->second].widths_.push_back(index);
    }
    for (WidthRow& row : rows) {
        std::sort(row.widths_.begin(), row.widths_.end(), [&](std::size_t left, std::size_t right) {
            return candidates[left].cell.variant.alpha < candidates[right].cell.variant.alpha;
        });
        row.search_ = WidestSearch(row.widths_.size());
    }
    return rows;
}

std::optional<std::size_t> WidthRow::next() const {
    const std::optional<std::size_t> next = search_.next();
    return next && !lost_ ? std::optional(widths_[*next]) : std::nullopt;
}

void WidthRow::tell(const std::vector<PickCandidate>& candidates, const PickLimit& limit) {
    const std::optional<std::size_t> timed = next();
    if (!timed) return;
    lost_ = !candidates[*timed].time;
    if (!lost_) search_.tell(*search_.next(), meets(candidates[*timed], limit));
}

void WidthRow::mark_untimed(std::vector<PickCandidate>& candidates, const PickLimit& limit) const {
    const std::optional<std::size_t> widest = search_.widest();
    bool too_slow = false;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
        PickCandidate& candidate = candidates[widths_[i]];
        if (candidate.time) {
            too_slow = too_slow || !meets(candidate, limit);
        } else if (candidate.untimed == Untimed::not_reached && widest && i < *widest) {
            candidate.untimed = Untimed::narrower_fits;
        } else if (candidate.untimed == Untimed::not_reached && too_slow) {
            candidate.untimed = Untimed::wider_too_slow;
        }
    }
}

WidestAnswer WidthRow::answer(const std::vector<PickCandidate>& candidates) const {
    const SweepCell& cell = candidates[widths_.front()].cell;
    const std::optional<std::size_t> widest = search_.widest();
    const std::size_t beyond = widest ? *widest + 1 : 0;
    return {.model = cell.model,
            .resolution = cell.variant.resolution,
            .candidate = widest ? std::optional(widths_[*widest]) : std::nullopt,
            .beyond = beyond < widths_.size() ? std::optional(widths_[beyond]) : std::nullopt,
            .monotone = search_.is_monotone(),
            .tried = search_.tried(),
            .widths = widths_.size()};
}

}  // namespace mobilenet_cost
