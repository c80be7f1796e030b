#include "mobilenet_cost/machine/peaks_cache.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "unit/peaks_support.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, and a measurement that counts.
class PeaksCache : public testing::Test {
  protected:
    PeaksCache() {
        std::string name = (fs::temp_directory_path() / "peaks_cache_XXXXXX").string();
        folder_ = mkdtemp(name.data());
        options_.folder = folder_ / "cache";
        options_.settings.rounds = 6;
        options_.note = [this](const std::string& text) { notes_.push_back(text); };
        options_.measure = [this](const PeakSettings& settings) {
            ++measured_;
            MachinePeaks peaks = summarise_peaks(testing_support::plausible_samples());
            peaks.rounds_asked = settings.rounds;
            peaks.seconds = measured_;  // tells one measurement from the next
            return peaks;
        };
    }
    ~PeaksCache() override { fs::remove_all(folder_); }

    [[nodiscard]] MachinePeaks load() const { return load_or_measure_peaks(options_, machine_); }
    [[nodiscard]] fs::path file() const { return *options_.folder / peaks_file_name(machine_); }
    void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(*options_.folder), fs::directory_iterator()));
    }

    fs::path folder_;
    PeaksOptions options_;
    MachineFingerprint machine_{
        .cpu = "one", .cpus = "2", .caches = "-", .memory = "-", .hypervisor = "no", .build = "this"};
    std::vector<std::string> notes_;
    int measured_ = 0;
};

TEST_F(PeaksCache, MeasuresOnceAndServesTheSame) {
    const MachinePeaks first = load();
    EXPECT_EQ(load(), first);
    EXPECT_EQ(measured_, 1);
    EXPECT_TRUE(notes_.empty());
    EXPECT_EQ(files(), 1U);  // no temporary file stayed behind
}

TEST_F(PeaksCache, RefreshMeasuresAnewAndStoresThat) {
    (void)load();
    options_.refresh = true;
    const MachinePeaks second = load();
    EXPECT_EQ(measured_, 2);
    options_.refresh = false;
    EXPECT_EQ(load(), second);
}

TEST_F(PeaksCache, MoreRoundsThanStoredAreMeasuredFewerAreNot) {
    (void)load();
    options_.settings.rounds = 3;
    (void)load();
    EXPECT_EQ(measured_, 1);
    options_.settings.rounds = 7;
    EXPECT_EQ(load().rounds_asked, 7);
    EXPECT_EQ(measured_, 2);
    EXPECT_TRUE(notes_.empty());
}

TEST_F(PeaksCache, ABrokenFileIsMeasuredAgainWithANote) {
    (void)load();
    for (const std::string text : {"", "{", "{\"schema\": \"mobilenet-cost.peaks.v9\"}", "\x01\xff"}) {
        notes_.clear();
        write(text);
        const MachinePeaks peaks = load();
        ASSERT_EQ(notes_.size(), 1U) << text;
        EXPECT_NE(notes_[0].find(file().string()), std::string::npos) << notes_[0];
        EXPECT_NE(notes_[0].find("measuring again"), std::string::npos) << notes_[0];
        EXPECT_EQ(load(), peaks);  // and the file is good again
        EXPECT_EQ(notes_.size(), 1U);
    }
    EXPECT_EQ(measured_, 5);
}

TEST_F(PeaksCache, AnotherMachinesFileIsNotBelieved) {
    MachineFingerprint other = machine_;
    other.cpu = "two";
    fs::create_directories(*options_.folder);
    write(stored_peaks_text({other, options_.measure(options_.settings)}));
    (void)load();
    EXPECT_EQ(measured_, 2);
    ASSERT_EQ(notes_.size(), 1U);
    EXPECT_NE(notes_[0].find("of another machine or build"), std::string::npos) << notes_[0];
}

TEST_F(PeaksCache, MachinesHaveFilesOfTheirOwn) {
    (void)load();
    machine_.cpu = "two";
    (void)load();
    EXPECT_EQ(measured_, 2);
    EXPECT_EQ(files(), 2U);
}

TEST_F(PeaksCache, AFolderThatCannotBeMadeIsAWarning) {
    std::ofstream(folder_ / "file") << "in the way";
    options_.folder = folder_ / "file" / "cache";
    EXPECT_EQ(load().seconds, 1);
    ASSERT_EQ(notes_.size(), 1U);
    EXPECT_EQ(notes_[0].rfind("warning: ", 0), 0U) << notes_[0];
}

TEST_F(PeaksCache, AFolderInTheFilesPlaceIsAWarning) {
    fs::create_directories(file() / "full");
    EXPECT_EQ(load().seconds, 1);
    EXPECT_EQ(notes_.size(), 2U);  // neither read nor replaced
    EXPECT_EQ(files(), 1U);
}

TEST_F(PeaksCache, WithoutAFolderNothingIsStored) {
    options_.folder = fs::path();
    (void)load();
    (void)load();
    EXPECT_EQ(measured_, 2);
    EXPECT_TRUE(notes_.empty());
}

TEST(CacheFolder, FollowsTheXdgSpecification) {
    const char* xdg = std::getenv("XDG_CACHE_HOME");
    const std::string xdg_before = xdg == nullptr ? "" : xdg;
    setenv("XDG_CACHE_HOME", "/some/where", 1);
    EXPECT_EQ(cache_folder(), fs::path("/some/where/mobilenet-cost"));
    setenv("XDG_CACHE_HOME", "not/absolute", 1);
    const fs::path home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
    const fs::path expected = home.is_absolute() ? home / ".cache/mobilenet-cost" : fs::path();
    EXPECT_EQ(cache_folder(), expected);
    unsetenv("XDG_CACHE_HOME");
    EXPECT_EQ(cache_folder(), expected);
    if (xdg != nullptr) setenv("XDG_CACHE_HOME", xdg_before.c_str(), 1);
}

}  // namespace
}  // namespace mobilenet_cost
