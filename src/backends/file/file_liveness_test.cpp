#include "backends/file/file_liveness.hpp"
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/settings.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class FileLiveness : public ::testing::Test {
 protected:
  std::unique_ptr<LivenessBackend> open(const std::string& key = "stint/a.b") const {
    return make_file_liveness(
        {.settings = load_settings(
             LoadOptions{.toml = "[liveness.file]\ndirectory = \"" + folder_.string() + "\"\n",
                         .use_environment = false}),
         .table = "liveness.file",
         .key = key});
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{folder_}) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "state" / "liveness";
};

TEST_F(FileLiveness, KeepsTheTwoStampsApart) {
  const auto liveness = open();
  EXPECT_FALSE(liveness->read().success);
  EXPECT_FALSE(liveness->read().sign_of_life);
  liveness->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  EXPECT_FALSE(liveness->read().success);
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  const LivenessRecord record = open()->read();
  ASSERT_TRUE(record.success);
  ASSERT_TRUE(record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.sign_of_life->state, "waiting");
  EXPECT_GE(record.success->age, 0ns);
  EXPECT_LT(record.success->age, 1min);
  EXPECT_THAT(files(), UnorderedElementsAre("stint%2Fa.b.json", "stint%2Fa.b.alive.json"));
}

TEST_F(FileLiveness, IsAsOldAsItsFile) {
  const auto liveness = open();
  liveness->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  const fs::path file = folder_ / "stint%2Fa.b.json";
  fs::last_write_time(file, fs::file_time_type::clock::now() - 1h);
  EXPECT_NEAR(static_cast<double>(liveness->read().success->age / 1s), 3600, 5);
  fs::last_write_time(file, fs::file_time_type::clock::now() + 1h);
  EXPECT_EQ(liveness->read().success->age, 0ns);
}

TEST_F(FileLiveness, GivesNoFileRightsToOthersBeyondReading) {
  const mode_t before = ::umask(022);
  open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  ::umask(before);
  struct stat info{};
  ASSERT_EQ(::stat((folder_ / "stint%2Fa.b.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0644U);
}

TEST_F(FileLiveness, TakesAFileThatHoldsNoStampForNone) {
  fs::create_directories(folder_);
  const std::string texts[] = {"", "{", "[]", "7", std::string(200'000, '['), "\xFF"};
  for (const std::string& text : texts) {
    std::ofstream{folder_ / "stint%2Fa.b.json"} << text;
    EXPECT_FALSE(open()->read().success) << text.substr(0, 20);
  }
  open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_TRUE(open()->read().success);
}

TEST_F(FileLiveness, SaysWhatIsWrongWithItsFolder) {
  fs::create_directories(folder_.parent_path());
  std::ofstream{folder_} << "a file";
  try {
    open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr(folder_.string()));
  }
}

TEST_F(FileLiveness, LeavesNothingBehindIfAStampCannotBeWritten) {
  fs::create_directories(folder_ / "stint%2Fa.b.json");
  EXPECT_THROW(open()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded")), Error);
  EXPECT_THAT(files(), UnorderedElementsAre("stint%2Fa.b.json"));
}

TEST_F(FileLiveness, RefusesKeysThatGiveNoName) {
  EXPECT_THROW(open(""), ConfigurationError);
  EXPECT_THROW(open(std::string(181, 'x')), ConfigurationError);
  open(std::string(180, 'x'))->write(LivenessKind::kSignOfLife, stamp_of_this_process("running"));
  open("../../x")->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  EXPECT_TRUE(fs::exists(folder_ / "%2E.%2F..%2Fx.json"));
}

}  // namespace
}  // namespace stint
