#include "mobilenet_cost/base/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/nearest.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;
using Names = std::vector<std::string>;

const Names kKeys = {"kernel", "stride", "channels", "alpha"};

TEST(Fail, PlaceAndMessage) {
    EXPECT_EQ(error_of([] { fail("a.json", "expected x, found y"); }), "a.json: expected x, found y");
    EXPECT_EQ(error_of([] { fail("", "expected x, found y"); }), "expected x, found y");
}

TEST(NearestName, TyposOfEachKind) {
    for (const char* typo : {"kernal", "kernl", "kernell", "krenel", "Kernel", "kernel"})
        EXPECT_EQ(nearest_name(typo, kKeys), "kernel") << typo;
    EXPECT_EQ(nearest_name("alhpa", kKeys), "alpha") << "neighbours swapped are one edit";
    EXPECT_EQ(nearest_name("strdie", kKeys), "stride");
}

TEST(NearestName, NothingNear) {
    EXPECT_EQ(nearest_name("", kKeys), std::nullopt);
    EXPECT_EQ(nearest_name("padding", kKeys), std::nullopt);
    EXPECT_EQ(nearest_name("kernel", Names{}), std::nullopt);
    EXPECT_EQ(nearest_name("xyrnel", kKeys), "kernel") << "two edits of six letters are a third";
    EXPECT_EQ(nearest_name("xyznel", kKeys), std::nullopt) << "three are more";
    EXPECT_EQ(nearest_name(std::string(101, 'k'), Names{std::string(101, 'k')}), std::nullopt) << "no typo";
}

TEST(NearestName, ShortNamesMayDifferInOneLetter) {
    EXPECT_EQ(nearest_name("f33", Names{"f16", "f32"}), "f32");
    EXPECT_EQ(nearest_name("x", Names{"y"}), "y");
    EXPECT_EQ(nearest_name("xy", Names{"ab"}), std::nullopt);
}

TEST(NearestName, ClosestWinsAndTheFirstOfEquals) {
    EXPECT_EQ(nearest_name("mobilenet_v3_smal", Names{"mobilenet_v3_large", "mobilenet_v3_small"}),
              "mobilenet_v3_small");
    EXPECT_EQ(nearest_name("mobilenet_v5", Names{"mobilenet_v1", "mobilenet_v2"}), "mobilenet_v1");
}

TEST(NearestNames, OtherSpellingsThenLongerNamesThenTypos) {
    const Names names = {"net_v1", "net_v3_large", "net_v3_small"};
    EXPECT_EQ(nearest_names("NetV1", names), Names{"net_v1"});
    EXPECT_EQ(nearest_names("net_v3", names), (Names{"net_v3_large", "net_v3_small"})) << "not net_v1";
    EXPECT_EQ(names_with("V3", names), (Names{"net_v3_large", "net_v3_small"}));
    EXPECT_EQ(names_with("_", names), Names{});
    EXPECT_EQ(nearest_names("net_v3_smal1", names), Names{"net_v3_small"});
    EXPECT_EQ(nearest_names("", names), Names{});
    EXPECT_EQ(nearest_names("zz", names), Names{});
    EXPECT_EQ(nearest_names("k", Names{"ka", "kb", "kc", "kd", "ke", "kf", "kg"}), Names{}) << "no hint";
}

TEST(FailUnknown, SuggestsOrLists) {
    EXPECT_EQ(error_of([] {
                  fail_unknown("", "key", "k", Names{"k1", "k2", "k3"});
              }),
              "unknown key \"k\" (did you mean \"k1\", \"k2\" or \"k3\"?)");
    EXPECT_EQ(error_of([] { fail_unknown("x.json: /blocks/3", "key", "kernal", kKeys); }),
              "x.json: /blocks/3: unknown key \"kernal\" (did you mean \"kernel\"?)");
    EXPECT_EQ(error_of([] { fail_unknown("", "key", "zzz", kKeys); }),
              "unknown key \"zzz\" (known: kernel, stride, channels, alpha)");
}

TEST(FailUnknown, EchoesOnePrintableLine) {
    EXPECT_EQ(error_of([] { fail_unknown("", "key", "a\n\x1b[31m\tb", kKeys); }),
              "unknown key \"a\\n\\x1b[31m\\tb\" (known: kernel, stride, channels, alpha)");
    EXPECT_EQ(error_of([] { fail_unknown("", "key", std::string(1000, 'q'), kKeys); }),
              "unknown key \"" + std::string(80, 'q') + "...\" (known: kernel, stride, channels, alpha)");
}

}  // namespace
}  // namespace mobilenet_cost
