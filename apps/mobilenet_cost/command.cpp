#include "command.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {
namespace {

/// The error for a list with nothing between two of its commas. A text that is empty as a whole is refused as
/// any option's is.
std::string empty_item(const std::string& text) {
    const bool missing = !text.empty() && ("," + text + ",").find(",,") != std::string::npos;
    return missing ? fmt::format("expected a value between commas, found none in {}", in_quotes(text)) : "";
}

}  // namespace

double read_share(const std::string& text, const std::string& flag) {
    return read_quantity(text, flag, kShareUnits);
}

std::int64_t read_count(const std::string& text, const std::string& flag) {
    constexpr double kMost = 9e15;  // a double holds every whole number up to there
    const double value = read_quantity(text, flag, kCountUnits);
    if (value != std::floor(value) || value > kMost)
        fail(flag, fmt::format("expected a whole number, found {}", shortened(text)));
    return static_cast<std::int64_t>(value);
}

std::uint64_t read_seed(const std::string& text, const std::string& flag) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        fail(flag, fmt::format("expected a whole number from 0 to 2^64 - 1, found {}", in_quotes(text)));
    return value;
}

double read_seconds(const std::string& text, const std::string& flag) {
    constexpr double kShortest = 1e-6;
    constexpr double kLongest = 1e9;  // thirty years
    const double seconds = read_quantity(text, flag, kSecondUnits);
    if (!(seconds >= kShortest && seconds <= kLongest))
        fail(flag, fmt::format("expected seconds from {:g} to {:g}, found {}", kShortest, kLongest,
                               shortened(text)));
    return seconds;
}

std::size_t read_choice(const std::string& text, const std::vector<std::string>& names,
                        const std::string& flag, std::string_view what) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) fail_unknown(flag, what, text, names);
    return static_cast<std::size_t>(found - names.begin());
}

void Command::flag(const std::string& flag, bool& value, const std::string& help) {
    parser_.add_flag(flag, value, help);
}

CLI::Option* Command::negative(const std::string& flag, bool& value, const std::string& help) {
    CLI::Option* option = parser_.add_flag(flag, help);
    readers_.push_back([option, &value] { value = value && option->count() == 0; });
    return option;
}

CLI::Option* Command::text(const std::string& flag, const std::string& type, std::string& value,
                           const std::string& help) {
    CLI::Option* option = parser_.add_option(flag, value, help);
    return type.empty() ? option : option->type_name(type);
}

CLI::Option* Command::texts(const std::string& flag, const std::string& type,
                            std::vector<std::string>& values, const std::string& help) {
    return parser_.add_option(flag, values, help)->type_name(type);
}

int Command::run() const {
    for (const auto& read : readers_)
        read();
    return finish_(run_());
}

CLI::Option* Command::add(const std::string& flag, const std::string& type, const std::string& help) {
    return parser_.add_option(flag, CLI::callback_t{}, help)->type_name(type);
}

CLI::Option* Command::add_list(const std::string& flag, const std::string& type, const std::string& help) {
    return add(flag, type, help)
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false)
        ->check(empty_item, "");
}

std::string Command::alternatives(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, "|"));
}

}  // namespace mobilenet_cost::app
