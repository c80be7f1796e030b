#include <string>

#include <gtest/gtest.h>

#include "mobilenet_cost/report/pick/words.h"

namespace mobilenet_cost {
namespace {

TEST(PickWords, LimitsAsTyped) {
    EXPECT_EQ(limit_text({PickQuantity::seconds, 0.003}), "--max-ms 3");
    EXPECT_EQ(limit_text({PickQuantity::seconds, 0.0025}), "--max-ms 2.5");
    EXPECT_EQ(limit_text({PickQuantity::macs, 3e8}), "--max-macs 300000000");
    EXPECT_EQ(limit_text({PickQuantity::peak_bytes, 2048 * 1024}), "--max-peak-kib 2048");
    EXPECT_EQ(limit_text({PickQuantity::top1, 0.6}), "--min-top1 0.6");
    EXPECT_EQ(limit_text({PickQuantity::peak_bytes, 2048 * 1024, "2MiB"}), "--max-peak-kib 2MiB");
}

TEST(PickWords, Values) {
    EXPECT_EQ(value_text(PickQuantity::seconds, 0.00304), "3.04 ms");
    EXPECT_EQ(value_text(PickQuantity::params, 4210088), "4.21 M");
    EXPECT_EQ(value_text(PickQuantity::weight_bytes, 16884128), "16.1 MiB");
    EXPECT_EQ(value_text(PickQuantity::top1, 0.709), "70.9 %");
}

TEST(PickWords, LinesAreBrokenBetweenWords) {
    const std::string words(95, 'a');
    EXPECT_EQ(wrapped("short\n\nlines\n"), "short\n\nlines\n");
    EXPECT_EQ(wrapped(words + " four five six\n"), words + " four\nfive six\n");
    EXPECT_EQ(wrapped(words + " fives\n"), words + "\nfives\n");
    const std::string longest(120, 'b');
    EXPECT_EQ(wrapped(longest + " c\n" + longest), longest + "\nc\n" + longest + "\n");
    EXPECT_EQ(wrapped(""), "");
}

}  // namespace
}  // namespace mobilenet_cost
