#include "mobilenet_cost/model/width_expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// Recursive descent; each rule appends what it read to the steps.
class WidthParser {
  public:
    using Op = WidthExpression::Op;

    WidthParser(std::string_view text, const std::string& place) : text_(text), place_(place) {}

    WidthExpression parse() {
        constexpr std::size_t kLongest = 1000;
        if (text_.size() > kLongest)
            fail(place_, fmt::format("expected a formula of at most {} characters, found {}", kLongest,
                                     text_.size()));
        result_.text_ = std::string(text_);
        sum();
        if (!rest().empty()) fail_here("an operator");
        return std::move(result_);
    }

  private:
    struct Function {
        std::string_view name;
        Op op;
        int operands;
    };
    static constexpr std::array kFunctions = {
        Function{"scaled", Op::scaled, 1},     Function{"rounded", Op::rounded, 1},
        Function{"multiple", Op::multiple, 2}, Function{"ceil", Op::ceil, 1},
        Function{"floor", Op::floor, 1},       Function{"min", Op::min, 2},
        Function{"max", Op::max, 2},           Function{"in", Op::in, 0},
        Function{"classes", Op::classes, 0},   Function{"alpha", Op::alpha, 0},
    };

    [[noreturn]] void fail_here(std::string_view expected) {
        const std::string_view at = rest();
        fail(place_, fmt::format("expected {} in the formula {}, found {}", expected,
                                 in_quotes(result_.text_), at.empty() ? "its end" : in_quotes(at)));
    }

    std::string_view rest() {
        while (!text_.empty() && text_.front() == ' ')
            text_.remove_prefix(1);
        return text_;
    }

    bool accept(char symbol) {
        if (rest().empty() || text_.front() != symbol) return false;
        text_.remove_prefix(1);
        return true;
    }

    void expect(char symbol) {
        if (!accept(symbol)) fail_here(fmt::format("\"{}\"", symbol));
    }

    void add(Op op, double number = 0) { result_.steps_.push_back({op, number}); }

    void sum() {
        product();
        while (true) {
            if (accept('+')) {
                product();
                add(Op::add);
            } else if (accept('-')) {
                product();
                add(Op::subtract);
            } else {
                return;
            }
        }
    }

    void product() {
        factor();
        while (true) {
            if (accept('*')) {
                factor();
                add(Op::multiply);
            } else if (accept('/')) {
                factor();
                add(Op::divide);
            } else {
                return;
            }
        }
    }

    void factor() {
        constexpr int kDeepest = 50;
        if (++depth_ > kDeepest)
            fail(place_, fmt::format("expected a formula of at most {} levels, found more", kDeepest));
        if (accept('-')) {
            factor();
            add(Op::negate);
        } else if (accept('(')) {
            sum();
            expect(')');
        } else if (!number()) {
            name();
        }
        --depth_;
    }

    bool number() {
        double value = 0;
        const std::string_view at = rest();
        const bool digit = !at.empty() && at.front() >= '0' && at.front() <= '9';
        if (!digit) return false;
        const auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), value);
        if (error != std::errc()) fail_here("a number");
        text_.remove_prefix(static_cast<std::size_t>(end - at.data()));
        add(Op::number, value);
        return true;
    }

    void name() {
        const std::string_view at = rest();
        const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
        const auto end = std::find_if_not(at.begin(), at.end(), letter);
        const std::string_view word = at.substr(0, static_cast<std::size_t>(end - at.begin()));
        const auto known = std::find_if(kFunctions.begin(), kFunctions.end(),
                                        [&](const Function& row) { return row.name == word; });
        if (known == kFunctions.end()) fail_here("a number, in, classes, alpha or a function");
        text_.remove_prefix(word.size());
        for (int i = 0; i < known->operands; ++i) {
            expect(i == 0 ? '(' : ',');
            sum();
        }
        if (known->operands > 0) expect(')');
        add(known->op);
    }

    std::string_view text_;  // what is left
    const std::string& place_;
    WidthExpression result_;
    int depth_ = 0;
};

namespace {

double nearest_multiple(double value, double divisor) {
    constexpr double kMost = 1e15;
    if (!(divisor >= 1 && divisor < kMost) || divisor != std::floor(divisor) ||
        !(value >= 0 && value < kMost))
        return std::nan("");
    const auto whole = static_cast<std::int64_t>(divisor);
    return static_cast<double>(round_channels(
        value, {.rule = Rounding::Rule::divisible, .divisor = whole, .minimum = whole, .keep = 0.9}));
}

}  // namespace

WidthExpression WidthExpression::parse(std::string_view text, const std::string& place) {
    return WidthParser(text, place).parse();
}

double WidthExpression::value(const Names& names) const {
    std::vector<double> stack;
    const auto pop = [&] {
        const double top = stack.back();
        stack.pop_back();
        return top;
    };
    const auto step_value = [&](const Step& step) -> double {
        const auto with_two = [&](auto compute) {
            const double second = pop();
            const double first = pop();
            return static_cast<double>(compute(first, second));
        };
        switch (step.op) {
            case Op::number:
                return step.number;
            case Op::in:
                return names.in;
            case Op::classes:
                return names.classes;
            case Op::alpha:
                return names.alpha;
            case Op::add:
                return with_two([](double a, double b) { return a + b; });
            case Op::subtract:
                return with_two([](double a, double b) { return a - b; });
            case Op::multiply:
                return with_two([](double a, double b) { return a * b; });
            case Op::divide:
                return with_two([](double a, double b) { return b == 0 ? std::nan("") : a / b; });
            case Op::negate:
                return -pop();
            case Op::scaled:
                return names.scaled(pop());
            case Op::rounded:
                return names.rounded(pop());
            case Op::multiple:
                return with_two(nearest_multiple);
            case Op::ceil:
                return std::ceil(pop());
            case Op::floor:
                return std::floor(pop());
            case Op::min:
                return with_two([](double a, double b) { return std::isnan(b) ? b : std::min(a, b); });
            case Op::max:
                return with_two([](double a, double b) { return std::isnan(b) ? b : std::max(a, b); });
        }
        return 0;
    };
    for (const Step& step : steps_)
        stack.push_back(step_value(step));
    return stack.back();
}

}  // namespace mobilenet_cost
