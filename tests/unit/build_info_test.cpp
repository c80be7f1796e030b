#include "mobilenet_cost/base/build_info.h"

#include <gtest/gtest.h>

#include "mobilenet_cost/base/plugin.h"

#include "unit/engine_support.h"

namespace mobilenet_cost {
namespace {

TEST(BuildInfo, NamesCompilerTypeAndCommit) {
    const BuildInfo& info = build_info();
    EXPECT_EQ(info.version, "0.1.0");
    EXPECT_NE(info.compiler.find_first_of("0123456789"), std::string_view::npos) << info.compiler;
    EXPECT_FALSE(info.build_type.empty());
    EXPECT_FALSE(info.commit.empty());
}

TEST(BuildInfo, SaysWhetherTheTestItselfIsSanitizedOrOptimised) {
    // The test is compiled with the flags of the library, so the compiler's own macros are the reference.
#ifdef __SANITIZE_ADDRESS__
    EXPECT_TRUE(build_info().sanitized);
#else
    EXPECT_EQ(build_info().sanitized, build_info().flags.find("-fsanitize=") != std::string_view::npos);
#endif
#ifdef __OPTIMIZE__
    EXPECT_TRUE(build_info().optimised);
#else
    EXPECT_FALSE(build_info().optimised);
#endif
}

TEST(BuildInfo, InstalledFilesAreRelativeToTheProgram) {
    EXPECT_EQ(build_info().data_from_bin, "../share/mobilenet_cost");
    EXPECT_TRUE(build_info().plugins_from_bin.starts_with("../lib")) << build_info().plugins_from_bin;
    EXPECT_TRUE(build_info().plugins_from_bin.ends_with("/mobilenet_cost"));
}

TEST(BuildInfo, KnowsWhyAPartIsNotInTheBuild) {
    for (const char* part : {"native", "onednn", "xnnpack", "onnx", "peaks"})
        EXPECT_EQ(why_left_out(part).empty(), is_configured(part)) << part << ": " << why_left_out(part);
    EXPECT_EQ(why_left_out("no such part"), "");
}

TEST(BuildInfo, APartOfABuildFolderComesWithTheCommandThatMakesIt) {
    EXPECT_TRUE(build_info().build_command.starts_with("cmake --build ")) << build_info().build_command;
    EXPECT_EQ(not_compiled("no file"), "no file (" + std::string(build_info().build_command) + " makes it)");
}

}  // namespace
}  // namespace mobilenet_cost
