# SPDX-License-Identifier: Apache-2.0
# matricula_options carries what every target of ours is compiled with: warnings, sanitizers, coverage.
add_library(matricula_options INTERFACE)
target_include_directories(matricula_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(matricula_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wcast-qual -Wunused -Wnull-dereference -Wdouble-promotion -Wformat=2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees null pointers and overlapping strings where inlined library code has ruled them out (GCC bug 105329).
  target_compile_options(matricula_options INTERFACE -Wno-null-dereference -Wno-restrict)
endif()
# simdjson chooses its kernels when it is compiled: AVX2 reads a page three times as fast as plain x86-64.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND MATRICULA_CPU)
  target_compile_options(matricula_options INTERFACE -march=${MATRICULA_CPU} -mpclmul)
endif()
if(MATRICULA_WERROR)
  target_compile_options(matricula_options INTERFACE -Werror)
endif()
if(MATRICULA_SANITIZE)
  target_compile_options(matricula_options INTERFACE
    -fsanitize=${MATRICULA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(matricula_options INTERFACE -fsanitize=${MATRICULA_SANITIZE})
endif()
if(MATRICULA_FUZZ)
  # Coverage that libFuzzer steers by; its main function is linked into the targets of tests/fuzz only.
  target_compile_options(matricula_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(MATRICULA_COVERAGE)
  target_compile_options(matricula_options INTERFACE --coverage)
  target_link_options(matricula_options INTERFACE --coverage)
endif()

# matricula_library(name sources...): a static library compiled with our options.
function(matricula_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC matricula_options)
endfunction()

# matricula_threads(name): what stands in this program before the C library's C11 threads, on which librdkafka is built.
function(matricula_threads name)
  target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/actors/publish/kafka_waits.cpp)
  if(MATRICULA_SANITIZE STREQUAL "thread")
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/sanitizers/c11_threads.cpp)
  endif()
endfunction()

# matricula_test(name label sources...): a GoogleTest program whose cases ctest runs one by one.
function(matricula_test name label)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE matricula_options GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 at -O3 takes a string within a braced argument for uninitialised (GCC bug 105562), and "a" + std::string
    # for a copy of more bytes than there can be (GCC bug 105651).
    target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  matricula_threads(${name})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES
    LABELS ${label} ENVIRONMENT LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/leaks.txt)
endfunction()
