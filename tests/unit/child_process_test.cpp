#include "mobilenet_cost/gate/child_process.h"

#include <chrono>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

using Kind = ChildFailure::Kind;

constexpr double kLong = 60;  ///< a test that waits so long has failed

/// What a child that runs this shell script does when it is asked.
struct End {
    Kind kind;
    std::string text;
};
End failure_of(const std::string& script, double max_seconds = kLong) {
    ChildProcess child("/bin/sh", {"-c", script});
    try {
        const std::string answer = child.exchange("question", max_seconds);
        ADD_FAILURE() << "answered \"" << answer << "\"";
    } catch (const ChildFailure& failure) {
        return {failure.kind(), failure.what()};
    }
    return {};
}

TEST(ChildProcess, AnswersLineByLine) {
    ChildProcess child("/bin/sh", {"-c", "while read -r line; do echo \"<$line>\"; done"});
    for (const std::string line : {"one", "", "two words", "{\"json\": true}"})
        EXPECT_EQ(child.exchange(line, kLong), "<" + line + ">");
    const std::string long_line(1'000'000, 'x');
    EXPECT_EQ(child.exchange(long_line, kLong).size(), long_line.size() + 2);
}

TEST(ChildProcess, KeepsLinesThatCameTogether) {
    ChildProcess child("/bin/sh", {"-c", "printf 'a\\nb\\n'; cat > /dev/null"});
    EXPECT_EQ(child.exchange("", kLong), "a");
    EXPECT_EQ(child.exchange("", kLong), "b");
}

TEST(ChildProcess, SaysHowItEnded) {
    End failure = failure_of("echo ignored >&2; echo 'out of luck' >&2; exit 3");
    EXPECT_EQ(failure.kind, Kind::ended);
    EXPECT_EQ(failure.text, "ended with exit status 3, its last words were \"out of luck\"");
    failure = failure_of("kill -9 $$");
    EXPECT_EQ(failure.kind, Kind::ended);
    EXPECT_EQ(failure.text, "was killed by signal 9 (Killed)");
}

TEST(ChildProcess, GivesUpOnSilence) {
    const auto start = std::chrono::steady_clock::now();
    const End failure = failure_of("sleep 600", 0.2);  // of the shell's own child, which must die, too
    EXPECT_EQ(failure.kind, Kind::silent);
    EXPECT_EQ(failure.text, "did not answer within 0.2 s and was killed");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(300));
}

TEST(ChildProcess, StopsAFlood) {
    EXPECT_EQ(failure_of("cat /dev/zero").kind, Kind::flooding);
    EXPECT_EQ(failure_of("yes >&2", 0.5).kind, Kind::silent);  // its last words are kept, not all of them
}

TEST(ChildProcess, TakesNoLongerLineThanItWasToldTo) {
    ChildProcess obedient("/bin/sh", {"-c", "printf '%099d\\n' 0; cat > /dev/null"});
    EXPECT_EQ(obedient.exchange("", kLong, 99).size(), 99U);
    for (const std::string script :
         {"printf '%0100d\\n' 0; cat > /dev/null", "printf '%0100d' 0; cat > /dev/null"}) {
        ChildProcess child("/bin/sh", {"-c", script});
        try {
            (void)child.exchange("", kLong, 99);
            FAIL() << "it was believed";
        } catch (const ChildFailure& failure) {
            EXPECT_EQ(failure.kind(), Kind::flooding);
            EXPECT_STREQ(failure.what(), "wrote a line of more than 99 bytes and was killed");
        }
    }
}

TEST(ChildProcess, ATrickleIsNoAnswer) {
    EXPECT_EQ(failure_of("while printf x; do sleep 0.05; done", 0.5).kind, Kind::silent);
}

TEST(ChildProcess, NoSuchProgram) {
    try {
        ChildProcess child("/no/such/program", {});
        FAIL() << "it was started";
    } catch (const ChildFailure& failure) {
        EXPECT_EQ(failure.kind(), Kind::not_started);
        EXPECT_STREQ(failure.what(), "cannot be run: no such file or directory");
    }
}

TEST(ChildProcess, DiesWithItsOwner) {
    int pid = 0;
    {
        ChildProcess child("/bin/sleep", {"600"});
        pid = child.pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildProcess, FinishesOnALastLine) {
    ChildProcess child("/bin/sh", {"-c", "read -r line; exit 0"});
    child.finish("goodbye", kLong);
    EXPECT_NE(::kill(child.pid(), 0), 0);
}

}  // namespace
}  // namespace mobilenet_cost
