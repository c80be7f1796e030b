#include "mobilenet_cost/base/json_parse.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 32;

/// Limits the memory that a document takes: about 50 bytes each, apart from the text.
constexpr std::size_t kMostValues = 10'000'000;

constexpr int kNumberOverflow = 406;  // of nlohmann/json's exceptions

/// The parser's own words after its prefix.
std::string parser_detail(std::string_view what) {
    constexpr std::size_t kLongest = 120;
    if (const std::size_t dash = what.find(" - "); dash != std::string_view::npos)
        what.remove_prefix(dash + 3);
    return shortened(what, kLongest);
}

std::string line_and_column(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::size_t column =
        newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return fmt::format("line {}, column {}", line, column);
}

/// Puts a document together value by value, and refuses it as soon as it is too deep, too large or has a key
/// twice, before it takes more memory.
class DocumentBuilder final : public nlohmann::json_sax<json> {
  public:
    DocumentBuilder(std::string_view text, std::string_view place, bool is_line)
        : text_(text), place_(place), is_line_(is_line) {}

    [[nodiscard]] json take() { return std::move(document_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& value) override { return put(std::move(value)); }
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto& members = open_.back().value->get_ref<json::object_t&>();
        const auto [member, is_new] = members.try_emplace(name);
        if (!is_new)
            refuse(fmt::format("expected each key once, found {} twice in one object", describe(name)));
        open_.back().key = std::move(name);
        member_ = &member->second;
        return true;
    }

    bool parse_error(std::size_t byte, const std::string& token,
                     const nlohmann::detail::exception& error) override {
        if (error.id == kNumberOverflow) {
            fail(place_,
                 fmt::format("{}: expected a number up to 1.8e308, found {}", spot(byte), shortened(token)));
        }
        fail(place_,
             fmt::format("{}: expected valid JSON, found {}", spot(byte), parser_detail(error.what())));
    }

  private:
    /// Where in the text; a line's own number is in the place.
    [[nodiscard]] std::string spot(std::size_t byte) const {
        return is_line_ ? fmt::format("column {}", byte) : line_and_column(text_, byte);
    }

    /// An object or array that is not finished, and the key of the member being read, for messages.
    struct Open {
        json* value = nullptr;
        std::string key = {};
    };

    bool put(json value) {
        (void)add(std::move(value));
        return true;
    }

    bool open(json container) {
        if (open_.size() == kDeepest)
            fail(place_, fmt::format("expected JSON nested at most {} deep", kDeepest));
        json* added = add(std::move(container));
        open_.push_back({added});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    json* add(json value) {
        if (++values_ > kMostValues)
            fail(place_, fmt::format("expected at most {} values, found more", kMostValues));
        if (open_.empty()) {
            document_ = std::move(value);
            return &document_;
        }
        json& parent = *open_.back().value;
        if (parent.is_object()) return &(*member_ = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }

    /// At the innermost value that is not finished.
    [[noreturn]] void refuse(const std::string& message) const {
        std::string pointer;
        for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
            const json& value = *open_[i].value;
            pointer += value.is_array() ? fmt::format("/{}", value.size() - 1)
                                        : fmt::format("/{}", shortened(open_[i].key));
        }
        fail(place_, pointer.empty() ? message : fmt::format("{}: {}", pointer, message));
    }

    std::string_view text_;
    std::string_view place_;
    bool is_line_;
    json document_;
    std::vector<Open> open_;  // the document first
    json* member_ = nullptr;  // value of the last key of the innermost object
    std::size_t values_ = 0;
};

}  // namespace

json parse_json(std::string_view text, std::string_view place) {
    DocumentBuilder builder(text, place, false);
    (void)json::sax_parse(text, &builder);  // throws
    return builder.take();
}

json parse_json_line(std::string_view text, std::string_view place) {
    DocumentBuilder builder(text, place, true);
    (void)json::sax_parse(text, &builder);  // throws
    return builder.take();
}

}  // namespace mobilenet_cost
