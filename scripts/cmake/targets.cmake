# How targets of ours are made.

# Every target of ours gets the same warnings; a consumer of the library gets none of them.
function(mobilenet_cost_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        target_compile_options(${target} PRIVATE -Wno-restrict) # false for std::string sums, GCC bug 105651
    endif()
    if(MOBILENET_COST_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# The files of one folder of the library: sources, and after HEADERS the headers that are installed. The others are
# internal: they need more than a consumer has, or are parts of one engine.
function(mobilenet_cost_files)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "HEADERS")
    target_sources(
        mobilenet_cost
        PRIVATE ${arg_UNPARSED_ARGUMENTS}
        PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" FILES ${arg_HEADERS})
endfunction()

# Compiles what most files of a target include once: the standard library, and the headers that follow.
function(mobilenet_cost_precompile target)
    if(MOBILENET_COST_PCH)
        target_precompile_headers(
            ${target}
            PRIVATE <algorithm> <array> <cmath> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <vector>
                    <fmt/format.h> ${ARGN})
    endif()
endfunction()

# Compiles the files of each folder in batches of about eight, by their first letters, so that a new file changes one.
function(mobilenet_cost_unity target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD "${MOBILENET_COST_UNITY}" UNITY_BUILD_MODE GROUP)
    get_target_property(sources ${target} SOURCES)
    get_target_property(directory ${target} SOURCE_DIR)
    set(folders "")
    foreach(source IN LISTS sources)
        get_filename_component(path "${source}" ABSOLUTE BASE_DIR "${directory}")
        file(RELATIVE_PATH path "${PROJECT_SOURCE_DIR}" "${path}")
        get_filename_component(folder "${path}" DIRECTORY)
        string(MAKE_C_IDENTIFIER "${folder}" folder)
        list(APPEND folders ${folder})
        list(APPEND files_${folder} "${source}")
    endforeach()
    list(REMOVE_DUPLICATES folders)
    foreach(folder IN LISTS folders)
        list(LENGTH files_${folder} count)
        if(count LESS 10)
            set(groups a-z)
        elseif(count LESS 20)
            set(groups a-l m-z)
        else()
            set(groups a-b c-d e-k l-o p-q r-r s-s t-z)
        endif()
        foreach(source IN LISTS files_${folder})
            get_filename_component(name "${source}" NAME)
            foreach(letters IN LISTS groups)
                if(name MATCHES "^[${letters}]")
                    set_source_files_properties(
                        "${source}" TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP "${folder}_${letters}")
                endif()
            endforeach()
        endforeach()
    endforeach()
    if(MOBILENET_COST_UNITY)
        # False alarms in batches: a name of another file, its unnamed namespace, and sums of strings (GCC bug 105329).
        target_compile_options(
            ${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage -Wno-stringop-overflow>)
    endif()
endfunction()

# What needs a foreign library is a plug-in, opened only by the commands that use it: the other commands do not
# pay for loading the library (about 3 ms of process start for oneDNN, 2 ms for protobuf). It lies in `folder`.
function(mobilenet_cost_add_plugin folder name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LIBS")
    add_library(mobilenet_cost_${name} MODULE ${arg_SOURCES})
    mobilenet_cost_warnings(mobilenet_cost_${name})
    target_link_libraries(mobilenet_cost_${name} PRIVATE mobilenet_cost ${arg_LIBS})
    # The plug-in has its own copy of what it uses from the static library; only its entry point is visible.
    target_link_options(mobilenet_cost_${name} PRIVATE LINKER:--exclude-libs,ALL LINKER:--gc-sections)
    # Debian's and Ubuntu's compilers link --as-needed, which drops libc where all that is used of it is the weak
    # __cxa_finalize of every shared object: then nothing says which version of it was meant.
    target_link_libraries(mobilenet_cost_${name} PRIVATE -Wl,--push-state,--no-as-needed,-lc,--pop-state)
    set_target_properties(
        mobilenet_cost_${name}
        PROPERTIES PREFIX ""
                   CXX_VISIBILITY_PRESET hidden
                   VISIBILITY_INLINES_HIDDEN ON
                   LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${folder}")
    install(TARGETS mobilenet_cost_${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/mobilenet_cost/${folder}")
    set_property(GLOBAL APPEND PROPERTY MOBILENET_COST_PLUGINS mobilenet_cost_${name})
endfunction()
