#include "mobilenet_cost/pick/widest_answer.h"

#include <algorithm>

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

}  // namespace mobilenet_cost
