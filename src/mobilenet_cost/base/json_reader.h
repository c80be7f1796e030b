#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

// Internal: included only where JSON is read (model_config.cpp, budget.cpp), never by a public header.

/// A value of a document for messages: its JSON type, and the value itself if it is short.
[[nodiscard]] std::string describe(const nlohmann::json& value);

/// One JSON object being read: knows its place for messages and refuses keys that are not in its table.
class ObjectReader {
  public:
    ObjectReader(const nlohmann::json& value, std::string file, std::string pointer);

    /// The object at an index of one of its arrays.
    [[nodiscard]] ObjectReader element(const std::string& key, std::size_t index) const {
        return {at(key)[index], file_, pointer(key) + "/" + std::to_string(index)};
    }

    /// Throws unless "schema" is this one.
    void require_schema(const std::string& schema) const;

    /// Throws for the first key that is not in `known`.
    void allow_only(std::span<const std::string> known) const;

    [[nodiscard]] bool has(const std::string& key) const { return value_.contains(key); }
    [[nodiscard]] const nlohmann::json& at(const std::string& key) const;  ///< throws if it is missing
    [[nodiscard]] std::string place(const std::string& key = "") const;
    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] std::string pointer(const std::string& key) const { return pointer_ + "/" + key; }

    [[nodiscard]] std::string text(const std::string& key) const;
    [[nodiscard]] std::string text(const std::string& key, std::string fallback) const;
    [[nodiscard]] bool boolean(const std::string& key, bool fallback) const;
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most) const;
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t least, std::int64_t most,
                                       std::int64_t fallback) const;
    /// A number in (above, most].
    [[nodiscard]] double number(const std::string& key, double above, double most) const;
    [[nodiscard]] double number(const std::string& key, double above, double most, double fallback) const;
    /// One of the names; its index.
    [[nodiscard]] std::size_t choice(const std::string& key, std::span<const std::string> names) const;
    [[nodiscard]] std::size_t choice(const std::string& key, std::span<const std::string> names,
                                     std::size_t fallback) const;
    template <typename Enum>
    [[nodiscard]] Enum one_of(const std::string& key) const {
        return static_cast<Enum>(choice(key, enum_names<Enum>()));
    }
    template <typename Enum>
    [[nodiscard]] Enum one_of(const std::string& key, Enum fallback) const {
        return static_cast<Enum>(choice(key, enum_names<Enum>(), static_cast<std::size_t>(fallback)));
    }
    [[nodiscard]] const nlohmann::json& array(const std::string& key, std::size_t least,
                                              std::size_t most) const;

    [[noreturn]] void fail_expected(const std::string& key, const std::string& expected) const;

  private:
    const nlohmann::json& value_;
    std::string file_;
    std::string pointer_;
};

/// A number of a document in (above, most], or an Error at `place`.
[[nodiscard]] double read_number(const nlohmann::json& value, const std::string& place, double above,
                                 double most);
[[nodiscard]] std::int64_t read_integer(const nlohmann::json& value, const std::string& place,
                                        std::int64_t least, std::int64_t most);

}  // namespace mobilenet_cost
