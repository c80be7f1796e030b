#include "mobilenet_cost/base/text_file.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mobilenet_cost/model/model_config.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;
using test::error_of;

/// A folder of its own for each test, removed with it.
class TextFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "text_file_test.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }

    fs::path folder_;
};

std::string load_error(const fs::path& path) {
    return error_of([&] { (void)load_model_config(path); });
}

TEST_F(TextFile, EveryByteUpToTheLimit) {
    const std::string text = std::string(20'000, 'x') + std::string("\0\r\n\xff", 4);
    const fs::path path = write("file", text);
    EXPECT_EQ(read_text_file(path, text.size()), text);
    EXPECT_EQ(error_of([&] { (void)read_text_file(path, text.size() - 1); }),
              path.string() + ": expected at most 20003 bytes, found more");
    EXPECT_EQ(read_text_file(write("empty", ""), 0), "");
}

TEST_F(TextFile, Directory) {
    EXPECT_EQ(load_error(folder_), folder_.string() + ": expected a file, found a directory");
}

TEST_F(TextFile, Missing) {
    const fs::path path = folder_ / "no.json";
    EXPECT_EQ(load_error(path),
              path.string() + ": expected a readable file, found: No such file or directory");
}

TEST_F(TextFile, SymbolicLinks) {
    const fs::path loop = folder_ / "loop.json";
    fs::create_symlink(loop, loop);
    EXPECT_EQ(load_error(loop),
              loop.string() + ": expected a readable file, found: Too many levels of symbolic links");
    const fs::path dangling = folder_ / "dangling.json";
    fs::create_symlink(folder_ / "nowhere", dangling);
    EXPECT_EQ(load_error(dangling),
              dangling.string() + ": expected a readable file, found: No such file or directory");
    const fs::path good = folder_ / "good.json";
    fs::create_symlink(MOBILENET_COST_SOURCE_DIR "/configs/mobilenet_v1.json", good);
    EXPECT_EQ(load_model_config(good).name, "mobilenet_v1");
}

TEST(SpecialFile, ReadThatFails) {
    // Opens for everybody, root included, but address 0 is not mapped.
    EXPECT_EQ(load_error("/proc/self/mem"),
              "/proc/self/mem: expected a readable file, found: Input/output error");
}

TEST(SpecialFile, DevicesAreNotRead) {
    for (const std::string path : {"/dev/zero", "/dev/null"})
        EXPECT_EQ(load_error(path), path + ": expected a file or a pipe, found a device");
}

TEST_F(TextFile, Socket) {
    const int socket_file = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder_ / "s").string();
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(socket_file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(load_error(path), path + ": expected a file or a pipe, found a socket");
    close(socket_file);
}

TEST_F(TextFile, PipeIsReadToItsEndOrTheLimit) {
    const fs::path path = folder_ / "pipe";
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    const auto text_of = [&](std::size_t most) {
        std::thread writer([&] { std::ofstream(path) << "text"; });
        const std::string found = error_of([&] { EXPECT_EQ(read_text_file(path, most), "text"); });
        writer.join();
        return found;
    };
    EXPECT_EQ(text_of(4), "no error");
    EXPECT_EQ(text_of(3), path.string() + ": expected at most 3 bytes, found more");
}

TEST_F(TextFile, ModelOfMoreThanAMebibyte) {
    const std::string model = read_text_file(MOBILENET_COST_SOURCE_DIR "/configs/mobilenet_v1.json", 1 << 20);
    const std::string filler((1 << 20) - model.size(), ' ');
    EXPECT_EQ(load_model_config(write("fits.json", model + filler)).name, "mobilenet_v1");
    const fs::path large = write("large.json", model + filler + " ");
    EXPECT_EQ(load_error(large), large.string() + ": expected at most 1048576 bytes, found more");
}

}  // namespace
}  // namespace mobilenet_cost
