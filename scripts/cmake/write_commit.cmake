# Writes the commit of the tree SOURCE to OUTPUT as a string literal, with "-dirty" if the tree is not as committed, and
# leaves the file alone if it says so already.

cmake_minimum_required(VERSION 3.25)

set(commit unknown)
if(GIT AND EXISTS "${SOURCE}/.git")
    execute_process(
        COMMAND "${GIT}" -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
        OUTPUT_VARIABLE output
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
        RESULT_VARIABLE status)
    if(status EQUAL 0)
        set(commit "${output}")
    endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "\"${commit}\"\n" @ONLY)
