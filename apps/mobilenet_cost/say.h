#pragma once

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace mobilenet_cost::app {

/// One line on standard error, made printable and shortened, because it may quote documents, command lines
/// and other programs. Only the progress line writes to that stream besides this.
void say_text(std::string_view text);

template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    say_text(fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace mobilenet_cost::app
