#include "app/module_notes.hpp"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/unique_fd.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string bytes_of(const std::string& module) {
  std::ifstream file{std::string{STINT_TEST_PROGRAM_DIR} + "/modules/" + module + ".so",
                     std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A file of these bytes, in memory.
UniqueFd file_of(std::string_view bytes) {
  UniqueFd file{::memfd_create("module", MFD_CLOEXEC)};
  EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return file;
}

/// Why the file is refused; empty: it is not.
std::string refusal(const UniqueFd& file) {
  try {
    read_module_notes(file.get());
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    return error.what();
  }
}
std::string refusal(const std::string& bytes) { return refusal(file_of(bytes)); }

TEST(ModuleNotes, NameTheModulesOfAFile) {
  EXPECT_THAT(read_module_notes(file_of(bytes_of("good")).get()), ElementsAre("good"));
  EXPECT_THAT(read_module_notes(file_of(bytes_of("two")).get()),
              UnorderedElementsAre("first", "second"))
      << "in which order is the compiler's business";
}

TEST(ModuleNotes, TellTheModuleOfAnotherStint) {
  const std::string why = refusal(bytes_of("other_abi"));
  EXPECT_THAT(why, HasSubstr("was built with Stint 9.8.7"));
  EXPECT_THAT(why, HasSubstr("module interface 999 (here 1), nlohmann-json 3.12.3 (here 3."));
  EXPECT_THAT(why, HasSubstr("build the module again"));
}

TEST(ModuleNotes, AreMissedInAFileWithoutModules) {
  EXPECT_THAT(refusal(bytes_of("none")), HasSubstr("none of its sources uses STINT_MODULE"));
}

TEST(ModuleNotes, CompareWhatMatters) {
  detail::ModuleAbi theirs = own_module_abi();
  EXPECT_THAT(abi_differences(theirs), IsEmpty());
  theirs.compiler = 1000 + (theirs.compiler + 1) % 1000;
  EXPECT_THAT(abi_differences(theirs), IsEmpty()) << "compilers of one family fit";
  theirs.standard_library = 3;
  theirs.layout += 1;
  EXPECT_THAT(abi_differences(theirs),
              ElementsAre(HasSubstr("the standard library libc++ (here libstdc++)")));
  theirs = own_module_abi();
  theirs.layout += 1;
  EXPECT_THAT(abi_differences(theirs), ElementsAre(HasSubstr("layout of Stint's types")));
  theirs = own_module_abi();
  theirs.fmt += 10000;
  EXPECT_THAT(abi_differences(theirs), ElementsAre(HasSubstr("fmt ")));
}

TEST(ModuleNotes, RefuseWhatIsNoSharedObjectOfThisMachine) {
  EXPECT_THAT(refusal(std::string{}), HasSubstr("does not begin as an ELF file"));
  EXPECT_THAT(refusal(std::string{"#!/bin/sh\necho no module of yours\n"}),
              HasSubstr("does not begin as an ELF file"));
  const std::string good = bytes_of("good");
  EXPECT_THAT(refusal(good.substr(0, 40)), HasSubstr("cut off within its header"));
  std::string other = good;
  other[18] = static_cast<char>(0xf3);  // e_machine
  other[19] = 0;
  EXPECT_THAT(refusal(other), HasSubstr("another machine (RISC-V, 64 bits)"));
  other = good;
  other[4] = 1;  // EI_CLASS
  EXPECT_THAT(refusal(other), HasSubstr("32 bits"));
  other = good;
  other[16] = 1;  // e_type
  EXPECT_THAT(refusal(other), HasSubstr("object file that was not linked"));
  const UniqueFd program{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  EXPECT_THAT(refusal(program), HasSubstr("is a program, not a shared object"));
}

TEST(ModuleNotes, RefuseAFileThatWasCutOff) {
  const std::string good = bytes_of("good");
  EXPECT_THAT(refusal(good.substr(0, 8192)), HasSubstr("a segment of it lies beyond its end"));
  EXPECT_THAT(refusal(good.substr(0, 100)), HasSubstr("cut off within its table"));
}

// Whatever is in the file: an answer or an Error, and nothing read that is not there.
TEST(ModuleNotes, SurviveAnyBytes) {
  const std::string good = bytes_of("good");
  const UniqueFd file = file_of(good);
  std::mt19937 random{20260514};
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    for (int change = 0; change < 3; ++change) {
      const char byte = static_cast<char>(random());
      // The header, the segments and the notes are at the file's begin.
      const auto at = static_cast<off_t>(random() % 2048);
      ASSERT_EQ(::pwrite(file.get(), &byte, 1, at), 1);
    }
    if (!refusal(file).empty()) ++refused;
    ASSERT_EQ(::pwrite(file.get(), good.data(), 2048, 0), 2048);
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(refusal(file), "");
}

}  // namespace
}  // namespace stint
