#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/list.h"

#include "quantity.h"

namespace mobilenet_cost::app {

/// One text given for a flag, as a value. Each throws Error naming the flag.

[[nodiscard]] double read_share(const std::string& text, const std::string& flag);        ///< 0.7 or 70%
[[nodiscard]] std::int64_t read_count(const std::string& text, const std::string& flag);  ///< whole, from 1
[[nodiscard]] std::uint64_t read_seed(const std::string& text, const std::string& flag);  ///< whole, from 0

/// A length of time that a clock can count and a run can last.
[[nodiscard]] double read_seconds(const std::string& text, const std::string& flag);

/// Index of a name.
[[nodiscard]] std::size_t read_choice(const std::string& text, const std::vector<std::string>& names,
                                      const std::string& flag, std::string_view what);

/// A subcommand and its options, each bound to a value of its own type. The values are read after the whole
/// command line was parsed, in the order of the options; one that is not given keeps its default. `flag` is
/// as the help shows it ("-a,--alpha"), `type` what it takes ("LIST").
class Command {
  public:
    /// Runs the subcommand and returns the exit status.
    using Run = std::function<int()>;

    explicit Command(CLI::App& parser) : parser_(parser) {}

    [[nodiscard]] CLI::App& parser() const { return parser_; }

    void flag(const std::string& flag, bool& value, const std::string& help);
    /// False if the flag is given.
    CLI::Option* negative(const std::string& flag, bool& value, const std::string& help);
    /// Without a type the help says TEXT.
    CLI::Option* text(const std::string& flag, const std::string& type, std::string& value,
                      const std::string& help);
    CLI::Option* texts(const std::string& flag, const std::string& type, std::vector<std::string>& values,
                       const std::string& help);

    /// Calls `take(text, flag)` if the flag is given.
    template <typename Take>
    CLI::Option* take(const std::string& flag, const std::string& type, Take take, const std::string& help) {
        CLI::Option* option = add(flag, type, help);
        readers_.push_back([option, take] {
            if (option->count() > 0) take(option->results().front(), option->get_name());
        });
        return option;
    }

    /// A value that `read(text, flag)` makes.
    template <typename Value, typename Read>
    CLI::Option* value(const std::string& flag, const std::string& type, Value& value, Read read,
                       const std::string& help) {
        const auto assign = [read, &value](const auto& text, const auto& name) { value = read(text, name); };
        return take(flag, type, assign, help);
    }

    template <typename Value>
    void share(const std::string& flag, Value& value, const std::string& help) {
        this->value(flag, "SHARE", value, read_share, help);
    }
    template <typename Value>
    CLI::Option* count(const std::string& flag, Value& value, const std::string& help) {
        return this->value(flag, "N", value, read_count, help);
    }
    template <typename Value>
    void seconds(const std::string& flag, Value& value, const std::string& help) {
        this->value(flag, "S", value, read_seconds, help);
    }

    /// One of the enumerators, by its name. `what` names it in messages.
    template <typename Enum>
    void choice(const std::string& flag, std::string_view what, Enum& value, const std::string& help,
                const std::vector<std::string>& names = enum_names<Enum>()) {
        const auto read = [names, what](const std::string& text, const std::string& name) {
            return static_cast<Enum>(read_choice(text, names, name, what));
        };
        this->value(flag, alternatives(names), value, read, help);
    }

    /// The same; none where the flag is not given. Of many names, which the help has in place of the type.
    template <typename Enum>
    void choice(const std::string& flag, std::string_view what, std::optional<Enum>& value,
                const std::string& fallback) {
        const std::vector<std::string>& names = enum_names<Enum>();
        const auto read = [names, what](const std::string& text, const std::string& name) {
            return std::optional(static_cast<Enum>(read_choice(text, names, name, what)));
        };
        this->value(flag, "TYPE", value, read, fmt::format("{} [{}]", fmt::join(names, ", "), fallback));
    }

    // Lists: comma-separated, and the flag may be repeated.

    /// The values that `read(texts, flag)` makes.
    template <typename Values, typename Read>
    CLI::Option* list(const std::string& flag, const std::string& type, Values& values, Read read,
                      const std::string& help) {
        CLI::Option* option = add_list(flag, type, help);
        readers_.push_back([option, read, &values] {
            if (option->count() > 0) values = read(option->results(), option->get_name());
        });
        return option;
    }

    CLI::Option* numbers(const std::string& flag, std::vector<double>& values, const std::string& help) {
        return list(flag, "LIST", values, parse_numbers, help);
    }
    CLI::Option* integers(const std::string& flag, std::vector<std::int64_t>& values,
                          const std::string& help) {
        return list(flag, "LIST", values, parse_integers, help);
    }
    void names(const std::string& flag, const std::string& type, std::vector<std::string>& values,
               const std::string& help) {
        const auto read = [](const auto& texts, const std::string&) { return parse_names(texts); };
        list(flag, type, values, read, help);
    }
    template <typename Enum>
    void choices(const std::string& flag, std::string_view what, std::vector<Enum>& values,
                 const std::string& help, const std::vector<std::string>& names = enum_names<Enum>()) {
        const auto read = [names, what](const auto& texts, const std::string& name) {
            std::vector<Enum> chosen;
            for (const std::string& text : parse_names(texts))
                chosen.push_back(static_cast<Enum>(read_choice(text, names, name, what)));
            return chosen;
        };
        list(flag, "LIST", values, read, help);
    }

    /// The group that options added from here on stand below in the help.
    void group(const std::string& name) { parser_.option_defaults()->group(name); }
    void default_group() { group("Options"); }

    void footer(const std::string& text) { parser_.footer(text); }

    void on_run(Run run) { run_ = std::move(run); }
    /// What becomes of the exit status of a run.
    void on_finish(std::function<int(int)> finish) { finish_ = std::move(finish); }

    /// Reads every value and runs. Throws Error, naming the flag, for a value that cannot be read.
    int run() const;

  private:
    CLI::Option* add(const std::string& flag, const std::string& type, const std::string& help);
    CLI::Option* add_list(const std::string& flag, const std::string& type, const std::string& help);
    [[nodiscard]] static std::string alternatives(const std::vector<std::string>& names);

    CLI::App& parser_;
    std::vector<std::function<void()>> readers_;
    Run run_;
    std::function<int(int)> finish_ = [](int status) { return status; };
};

}  // namespace mobilenet_cost::app
