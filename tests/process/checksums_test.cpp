// The example `checksums` agrees with sha256sum for every file, on both stores.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::minutes kPatience{5};

std::vector<std::string> sorted_lines(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  std::vector<std::string> lines = lines_of(text.str());
  std::ranges::sort(lines);
  return lines;
}

class Checksums : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string missing;
    place = make_store_place(GetParam(), missing);
    if (place) return;
    if (is_required(GetParam())) FAIL() << missing;
    GTEST_SKIP() << missing;
  }

  /// Compute with both programs and compare the files.
  void expect_same(const std::string& folder) const {
    program.output({"db", "init", "--store", place->url()});
    const std::string ours = program.folder() + "/ours";
    const std::string theirs = program.folder() + "/theirs";
    ProcessOptions options =
        program.options({"demo", folder, "--output", ours, "--store", place->url()});
    const ProcessResult result = run_process(options, kPatience);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("failures  0\n"));
    const ProcessResult reference =
        run_process({.program = "/bin/sh",
                     .arguments = {"-c", "find \"$1\" -type f -exec sha256sum {} + > \"$2\"", "sh",
                                   folder, theirs}},
                    kPatience);
    ASSERT_EQ(reference.exit_code, 0) << reference.err;
    EXPECT_EQ(sorted_lines(ours), sorted_lines(theirs));
    EXPECT_EQ(run_process({.program = "/usr/bin/sha256sum",
                           .arguments = {"--check", "--status", "--strict", ours}},
                          kPatience)
                  .exit_code,
              0);
  }

  const Program program{"checksums"};
  std::unique_ptr<StorePlace> place;
};

TEST_P(Checksums, AgreeWithSha256sumForRealFiles) { expect_same("/usr/include"); }

TEST_P(Checksums, AgreeWithSha256sumForStrangeFiles) {
  const std::string folder = program.folder() + "/strange";
  std::filesystem::create_directories(folder + "/a b/deep");
  const std::string names[] = {"empty",           "a b/blank name", "caf\xc3\xa9",
                               "not\xff\xfeutf8", "new\nline",      "back\\slash",
                               "a b/deep/*?[x]",  "a b/deep/-dash", "'quote\""};
  for (const std::string& name : names) {
    std::ofstream{std::filesystem::path{folder} / name, std::ios::binary}
        << (name == "empty" ? "" : name);
  }
  std::ofstream{folder + "/big", std::ios::binary} << std::string(1 << 20, '\0');
  std::filesystem::create_symlink("big", folder + "/link");
  expect_same(folder);
  EXPECT_EQ(sorted_lines(program.folder() + "/ours").size(), std::size(names) + 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, Checksums, ::testing::Values("sqlite", "postgres"),
                         [](const auto& store) { return std::string{store.param}; });

TEST(ChecksumsDemo, UsesAStoreOfItsOwnAndLeavesNothing) {
  Program program{"checksums"};
  const std::string folder = program.folder() + "/files";
  const std::string temporary = program.folder() + "/tmp";
  std::filesystem::create_directory(folder);
  std::filesystem::create_directory(temporary);
  std::ofstream{folder + "/a"} << "abc";
  program.set("TMPDIR", temporary);
  const std::string summary = program.output({folder, "--slots", "1", "--output", "sums"});
  EXPECT_THAT(summary, HasSubstr("files     1\nbytes     3\n"));
  EXPECT_EQ(
      sorted_lines(program.folder() + "/sums"),
      std::vector<std::string>{
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  " + folder + "/a"});
  EXPECT_TRUE(std::filesystem::is_empty(temporary));
  EXPECT_FALSE(std::filesystem::exists(program.folder() + "/state"));
}

TEST(ChecksumsDemo, ReportsFilesThatCannotBeRead) {
  const Program program{"checksums"};
  // Write-only for everybody, root included.
  const std::string folder = "/proc/sys/net/ipv4/route";
  ASSERT_TRUE(std::filesystem::exists(folder + "/flush"));
  const ProcessResult result = program.run({folder});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("flush: Permission denied"));
  EXPECT_THAT(result.out, HasSubstr("failures  1\n"));
}

TEST(ChecksumsDemo, RefusesWrongInput) {
  const Program program{"checksums"};
  const ProcessResult missing = program.run({"demo", "/nonexistent"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("cannot read /nonexistent"));
  EXPECT_EQ(program.run({"--slots", "many"}).exit_code, 2);
  EXPECT_EQ(program.run({"--slotz", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
