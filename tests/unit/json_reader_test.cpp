#include "mobilenet_cost/base/json_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/json_parse.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using test::error_of;

std::string parse_error(const std::string& text) {
    return error_of([&] { (void)parse_json(text, "x.json"); });
}

TEST(ParseJson, WholeDocuments) {
    EXPECT_EQ(parse_json("{\"a\": [1, 2]}", "x.json"), (json{{"a", {1, 2}}}));
    EXPECT_EQ(parse_json("[{\"a\": 1}, {\"a\": 2}]", "x.json").size(), 2U) << "a key of two objects";
}

TEST(ParseJson, ErrorsHaveLineAndColumn) {
    EXPECT_EQ(parse_error("{\"a\": 1,\n \"b\": }").substr(0, 52),
              "x.json: line 2, column 7: expected valid JSON, found");
    EXPECT_EQ(parse_error("{\n\n  \"a\"").substr(0, 34), "x.json: line 3, column 6: expected");
    EXPECT_EQ(parse_error("").substr(0, 34), "x.json: line 1, column 1: expected");
    EXPECT_EQ(parse_error("{} x").substr(0, 24), "x.json: line 1, column 4");
    EXPECT_EQ(parse_error("{\"a\": NaN}").substr(0, 24), "x.json: line 1, column 7");
}

TEST(ParseJson, ErrorsAreOneShortPrintableLine) {
    for (const std::string& text :
         {std::string("{\"\x01\x02\": \x7f}"), std::string("\xff\xfe{"), "\"" + std::string(5000, 'z'),
          std::string("{\"a\": \"\n\"}"), std::string(3, '\0')}) {
        const std::string error = parse_error(text);
        EXPECT_NE(error, "no error");
        EXPECT_LT(error.size(), 250U) << error;
        for (const char c : error)
            EXPECT_TRUE(c >= 0x20 && c < 0x7f) << error;
    }
}

TEST(ParseJson, DuplicateKey) {
    EXPECT_EQ(parse_error("{\"a\": 1, \"b\": {\"a\": 1}, \"a\": 2}"),
              "x.json: expected each key once, found \"a\" twice in one object");
    EXPECT_EQ(parse_error("{\"b\": {\"c\": 1, \"c\": 1}}"),
              "x.json: /b: expected each key once, found \"c\" twice in one object");
    EXPECT_EQ(parse_error("{\"b\": [0, {\"c\": {\"d\": 1, \"d\": 1}}]}"),
              "x.json: /b/1/c: expected each key once, found \"d\" twice in one object");
}

TEST(ParseJson, Nesting) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(parse_error(nested(32)), "no error");
    EXPECT_EQ(parse_error(nested(34)), "x.json: expected JSON nested at most 32 deep");
    EXPECT_EQ(parse_error(std::string(1'000'000, '[')), "x.json: expected JSON nested at most 32 deep");
}

TEST(ParseJson, NumbersThatNoDoubleHolds) {
    EXPECT_EQ(parse_error("{\"a\":\n 1e999}"),
              "x.json: line 2, column 6: expected a number up to 1.8e308, found 1e999");
    EXPECT_EQ(parse_error("[-1e999]"),
              "x.json: line 1, column 7: expected a number up to 1.8e308, found -1e999");
    EXPECT_EQ(parse_json("[1e-999]", "x.json")[0], 0);
}

TEST(ParseJson, AsManyValuesAsMemoryHasRoomFor) {
    std::string text = "[0";
    for (int i = 0; i < 5'000'000; ++i)
        text += ",0";
    EXPECT_EQ(parse_json(text + "]", "x.json").size(), 5'000'001U);
    for (int i = 0; i < 5'000'000; ++i)
        text += ",0";
    EXPECT_EQ(parse_error(text + "]"), "x.json: expected at most 10000000 values, found more");
}

TEST(Describe, TypeAndShortValues) {
    EXPECT_EQ(describe(json::object()), "an object");
    EXPECT_EQ(describe(json::parse("[1, 2, 3]")), "an array of 3");
    EXPECT_EQ(describe(json(nullptr)), "null");
    EXPECT_EQ(describe(json(-1.5)), "-1.5");
    EXPECT_EQ(describe(json("a\nb")), "\"a\\nb\"");
    EXPECT_EQ(describe(json(std::string(100, 'x'))), "\"" + std::string(79, 'x') + "...");
}

class ObjectReaderTest : public testing::Test {
  protected:
    const json document_ = json::parse(R"({"text": "t", "empty": "", "yes": true, "whole": 7, "minus": -7,
        "half": 0.5, "list": [1, 2], "huge": 18446744073709551615, "name": "relu", "null": null})");
    const ObjectReader reader_{document_, "x.json", "/blocks/3"};

    template <typename Call>
    static std::string error(const Call& call) {
        return error_of([&] { (void)call(); });
    }
};

TEST_F(ObjectReaderTest, ReadsValues) {
    EXPECT_EQ(reader_.text("text"), "t");
    EXPECT_EQ(reader_.text("absent", "other"), "other");
    EXPECT_TRUE(reader_.boolean("yes", false));
    EXPECT_TRUE(reader_.boolean("absent", true));
    EXPECT_EQ(reader_.integer("whole", 7, 7), 7);
    EXPECT_EQ(reader_.integer("absent", 0, 9, 4), 4);
    EXPECT_EQ(reader_.number("half", 0, 0.5), 0.5);
    EXPECT_EQ(reader_.number("absent", 0, 1, 0.25), 0.25);
    EXPECT_EQ(reader_.choice("name", std::vector<std::string>{"none", "relu"}), 1U);
    EXPECT_EQ(reader_.choice("absent", std::vector<std::string>{"none"}, 0), 0U);
    EXPECT_EQ(reader_.array("list", 2, 2).size(), 2U);
    EXPECT_EQ(reader_.pointer("text"), "/blocks/3/text");
    EXPECT_EQ(reader_.place(), "x.json: /blocks/3");
    EXPECT_EQ((ObjectReader{document_, "x.json", ""}.place()), "x.json");
}

TEST_F(ObjectReaderTest, ErrorsNameThePointer) {
    const std::string at = "x.json: /blocks/3";
    EXPECT_EQ(error([&] { return reader_.at("kernel"); }), at + ": expected a key \"kernel\", found none");
    EXPECT_EQ(error([&] { return reader_.text("whole"); }), at + "/whole: expected a text, found 7");
    EXPECT_EQ(error([&] { return reader_.text("empty"); }), at + "/empty: expected a text, found \"\"");
    EXPECT_EQ(error([&] { return reader_.boolean("whole", false); }),
              at + "/whole: expected true or false, found 7");
    EXPECT_EQ(error([&] { return reader_.integer("minus", 1, 16); }),
              at + "/minus: expected a whole number from 1 to 16, found -7");
    EXPECT_EQ(error([&] { return reader_.integer("half", 1, 16); }),
              at + "/half: expected a whole number from 1 to 16, found 0.5");
    EXPECT_EQ(error([&] { return reader_.integer("huge", 1, 16); }),
              at + "/huge: expected a whole number from 1 to 16, found 18446744073709551615");
    EXPECT_EQ(error([&] { return reader_.integer("null", 1, 16, 1); }),
              at + "/null: expected a whole number from 1 to 16, found null");
    EXPECT_EQ(error([&] { return reader_.number("half", 0.5, 1); }),
              at + "/half: expected a number above 0.5 and at most 1, found 0.5");
    EXPECT_EQ(error([&] { return reader_.array("list", 3, 4); }),
              at + "/list: expected an array of 3 to 4 values, found an array of 2");
    EXPECT_EQ(error([&] {
                  return reader_.choice("name", std::vector<std::string>{"none", "relu6"});
              }),
              at + ": unknown name \"relu\" (did you mean \"relu6\"?)");
    EXPECT_EQ(error([&] { return ObjectReader(document_["list"], "x.json", "/a"); }),
              "x.json: /a: expected an object, found an array of 2");
    EXPECT_EQ(error_of([&] {
                  reader_.allow_only(std::vector<std::string>{"text", "emtpy"});
              }),
              at + ": unknown key \"empty\" (did you mean \"emtpy\"?)");
}

}  // namespace
}  // namespace mobilenet_cost
