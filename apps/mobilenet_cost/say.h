#pragma once

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace mobilenet_cost::app {

/// One line on standard error. What documents, command lines and other programs put into it is printable and
/// of some length there: nothing else of the program writes to that stream but the progress line.
void say_text(std::string_view text);

template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    say_text(fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace mobilenet_cost::app
