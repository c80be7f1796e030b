# Cross-builds for AArch64 with Debian's compiler. The libraries are those of `scripts/setup --aarch64`: packages of
# the other architecture, unpacked into a folder, so that the system's own list of architectures stays as it is.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(MOBILENET_COST_AARCH64_ROOT "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-root" CACHE PATH "Unpacked packages")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MOBILENET_COST_AARCH64_ROOT)
set(CMAKE_FIND_ROOT_PATH "${MOBILENET_COST_AARCH64_ROOT}" /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Tests run by it, those of the build that list themselves included.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
