#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mobilenet_cost {

/// A number of channels that a model file tells by a formula: "ceil(scaled(40) / 2)", "in * 4".
///
/// Numbers, + - * /, parentheses; `in` (channels of what the block reads), `classes`, `alpha`; scaled(x) (x
/// times the width multiplier, rounded by the model's rule), rounded(x) (by that rule alone), multiple(x, n)
/// (the nearest multiple of n, at least n, one more where that lost over a tenth), ceil(x), floor(x), min(x,
/// y), max(x, y).
class WidthExpression {
  public:
    /// What the names in a formula stand for.
    struct Names {
        double in = 0;
        double classes = 0;
        double alpha = 1;
        std::function<double(double)> scaled;
        std::function<double(double)> rounded;
    };

    /// Throws Error that starts with `place`, for instance "FILE: /blocks/3/channels".
    [[nodiscard]] static WidthExpression parse(std::string_view text, const std::string& place);

    /// May be any number, not a finite one included.
    [[nodiscard]] double value(const Names& names) const;

    [[nodiscard]] const std::string& text() const { return text_; }

    /// Whether it is one number and nothing else.
    [[nodiscard]] bool is_number() const { return steps_.size() == 1 && steps_.front().op == Op::number; }

  private:
    friend class WidthParser;

    enum class Op {
        number,
        in,
        classes,
        alpha,
        add,
        subtract,
        multiply,
        divide,
        negate,
        scaled,
        rounded,
        multiple,
        ceil,
        floor,
        min,
        max,
    };
    /// In the order of evaluation, each taking its operands from a stack.
    struct Step {
        Op op = Op::number;
        double number = 0;
    };

    std::string text_;
    std::vector<Step> steps_;
};

}  // namespace mobilenet_cost
