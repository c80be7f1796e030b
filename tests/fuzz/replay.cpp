// Runs a fuzz target on every file of the given folders: the corpus as an ordinary test, without libFuzzer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(int count, char** folders) {
    std::vector<fs::path> files;
    for (int i = 0; i < count; ++i) {
        for (const fs::directory_entry& entry : fs::directory_iterator(folders[i])) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const fs::path& path) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // so that the last line names the input that ended the process
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<fs::path> files = files_of(argc - 1, argv + 1);
    if (files.empty()) {
        std::fprintf(stderr, "expected folders with inputs, found none\n");
        return 1;
    }
    for (const fs::path& file : files)
        replay(file);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
