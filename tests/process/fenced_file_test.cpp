// The script of docs/one-instance.md that fences what is written to a file.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The page's only one that is no console.
std::string script_of_page() {
  const std::string page = text_of(std::string{STINT_SOURCE_DIR} + "/docs/one-instance.md");
  const std::string begin = "```sh\n";
  const auto at = page.find(begin) + begin.size();
  return page.substr(at, page.find("```", at) - at);
}

class FencedFile : public ::testing::Test {
 protected:
  FencedFile() { std::ofstream{folder_.path() / "replace.sh"} << script_of_page(); }

  ProcessResult replace(const std::string& token, const std::string& text) const {
    std::ofstream{folder_.path() / "new"} << text;
    return run_process({.program = "/bin/sh",
                        .arguments = {"replace.sh", "report", "new"},
                        .environment = {{"STINT_FENCING_TOKEN", token}},
                        .folder = folder_.path().string()});
  }
  std::string report() const { return text_of(folder_.path() / "report"); }

  TemporaryFolder folder_;
};

TEST_F(FencedFile, IsReplacedByTheSameAndByLaterHolders) {
  EXPECT_EQ(replace("1795363089000000", "first").exit_code, 0);
  EXPECT_EQ(replace("1795363089000000", "second").exit_code, 0);
  EXPECT_EQ(report(), "second");
  EXPECT_EQ(replace("1795363089000001", "third").exit_code, 0);
  EXPECT_EQ(report(), "third");
}

TEST_F(FencedFile, IsKeptFromAHolderOfBefore) {
  EXPECT_EQ(replace("7", "later").exit_code, 0);
  const ProcessResult refused = replace("6", "earlier");
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("later holder (token 7)"));
  EXPECT_EQ(report(), "later");
}

TEST_F(FencedFile, HasItsTokenFromTheRunner) {
  std::ofstream{folder_.path() / "new"} << "by the runner";
  Program stint{"stint"};
  ProcessOptions options = stint.options(
      {"run", "--lock-name", "report", "--run-once", "--", "sh", "replace.sh", "report", "new"});
  options.folder = folder_.path().string();
  const ProcessResult result = run_process(options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(report(), "by the runner");
  EXPECT_GT(std::stoll(text_of(folder_.path() / "report.token")), 1'000'000'000'000'000);
}

}  // namespace
}  // namespace stint::test
