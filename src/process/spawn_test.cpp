// How a program is started: what arrives there, and what is said of one that cannot be.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "process/channel.hpp"
#include "process/find_children.hpp"
#include "process/find_program.hpp"
#include "process/keeper.hpp"
#include "stint/error.hpp"
#include "support/child.hpp"
#include "support/kept_script.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using test::KeptScript;
using testing::HasSubstr;

/// The error of a spawn that must fail.
Error failure_of(const SpawnOptions& options) {
  Keeper keeper;
  try {
    keeper.spawn(options);
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error{"it was started"};
}

void write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream{path} << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

TEST(Spawn, NamesAProgramThatIsMissing) {
  const Error by_name = failure_of({.arguments = {"no-such-program", "x"}});
  EXPECT_STREQ(by_name.what(), "no program \"no-such-program\" in PATH");
  EXPECT_EQ(by_name.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(by_name.native_code(), "ENOENT");
  const Error by_path = failure_of({.arguments = {"/no/such/program"}});
  EXPECT_STREQ(by_path.what(), "cannot execute \"/no/such/program\": No such file or directory");
  EXPECT_EQ(by_path.native_code(), "ENOENT");
  EXPECT_FALSE(by_path.retryable());
}

TEST(Spawn, NamesWhatIsNoProgram) {
  const test::TemporaryFolder folder;
  const std::string plain = folder.path() / "plain";
  const std::string empty = folder.path() / "empty";
  const std::string orphan = folder.path() / "orphan";
  write_file(plain, "#!/bin/sh\n", 0644);
  write_file(empty, "not a program\n", 0755);
  write_file(orphan, "#!/no/such/interpreter\n", 0755);
  EXPECT_EQ(failure_of({.arguments = {"/usr"}}).native_code(), "EACCES");
  EXPECT_EQ(failure_of({.arguments = {plain}}).what(),
            "cannot execute \"" + plain + "\": Permission denied");
  EXPECT_EQ(failure_of({.arguments = {empty}}).native_code(), "ENOEXEC");
  EXPECT_EQ(failure_of({.arguments = {orphan}}).what(),
            "cannot execute \"" + orphan + "\": No such file or directory (of its interpreter)");
}

TEST(Spawn, NamesAFolderAndALimitThatCannotBe) {
  EXPECT_STREQ(failure_of({.arguments = {"true"}, .working_directory = "/no/such"}).what(),
               ("cannot start \"" + find_program("true", ::getenv("PATH")) +
                "\" in \"/no/such\": No such file or directory")
                   .c_str());
  EXPECT_THAT(failure_of({.arguments = {"true"}, .limits = {{4711, 1}}}).what(),
              HasSubstr("cannot set the limits of "));
}

TEST(Spawn, RefusesCallsThatCannotBeMeant) {
  EXPECT_EQ(failure_of({}).code(), ErrorCode::kUsage);
  EXPECT_EQ(failure_of({.arguments = {"true"}, .descriptors = {{1, 0}, {1, 0}}}).code(),
            ErrorCode::kUsage);
  EXPECT_EQ(failure_of({.arguments = {"true"}, .descriptors = {{1, 9999}}}).code(),
            ErrorCode::kUsage);
  std::vector<std::pair<int, int>> many;
  constexpr int kTooMany = static_cast<int>(Channel::kMostDescriptors) + 1;
  many.reserve(kTooMany);
  for (int target = 0; target < kTooMany; ++target) many.emplace_back(target, 0);
  EXPECT_EQ(failure_of({.arguments = {"true"}, .descriptors = many}).code(), ErrorCode::kUsage);
}

TEST(Spawn, HandsArgumentsOnAsTheyAre) {
  Keeper keeper;
  KeptScript script{keeper,
                    "",
                    {.arguments = {"sh", "-c", R"(printf '<%s>' "$@"; echo)", "name", "", "a b",
                                   "$(id)", "\"'"}}};
  EXPECT_EQ(script.read_line(), R"(<><a b><$(id)><"'>)");
  EXPECT_EQ(script.wait().code, 0);
}

TEST(Spawn, SetsWhatTheOptionsSay) {
  Keeper keeper;
  const test::TemporaryFolder folder;
  SpawnOptions options{.environment = {{"PATH=/usr/bin:/bin", "OWN=value"}},
                       .working_directory = folder.path(),
                       .umask = 027,
                       .no_new_privileges = true,
                       .limits = {{RLIMIT_NOFILE, 123}, {RLIMIT_CORE, 0}}};
  KeptScript script{keeper,
                    "env | grep -c .; echo $OWN; pwd -P; umask; ulimit -n; ulimit -Hn;"
                    "grep NoNewPrivs /proc/self/status; exit 5",
                    options};
  EXPECT_LE(std::stoi(script.read_line()), 5);  // and PWD, the mark, a shell's own
  EXPECT_EQ(script.read_line(), "value");
  EXPECT_EQ(script.read_line(), std::filesystem::canonical(folder.path()));
  EXPECT_EQ(script.read_line(), "0027");
  EXPECT_EQ(script.read_line(), "123");
  EXPECT_EQ(script.read_line(), "123");
  EXPECT_EQ(script.read_line(), "NoNewPrivs:\t1");
  EXPECT_EQ(script.wait().code, 5);
}

TEST(Spawn, InheritsTheRestAsItIsByThen) {
  Keeper keeper;
  KeptScript{keeper, "true"}.wait();  // the keeper is there by now
  const std::filesystem::path before = std::filesystem::current_path();
  const test::TemporaryFolder folder;
  std::filesystem::current_path(folder.path());
  ::setenv("STINT_TEST_LATER", "yes", 1);
  KeptScript script{keeper, "echo $STINT_TEST_LATER $STINT_IS_KEEPER; pwd -P"};
  ::unsetenv("STINT_TEST_LATER");
  std::filesystem::current_path(before);
  EXPECT_EQ(script.read_line(), "yes");
  EXPECT_EQ(script.read_line(), std::filesystem::canonical(folder.path()));
}

TEST(Spawn, GivesDescriptorsWithoutMixingThemUpAndNoOthers) {
  Keeper keeper;
  const test::TemporaryFolder folder;
  std::array<UniqueFd, 3> files;
  std::vector<int> sources;
  for (std::size_t at = 0; at < files.size(); ++at) {
    const std::string path = folder.path() / std::to_string(at);
    write_file(path, "file " + std::to_string(at) + "\n", 0600);
    files[at].reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    sources.push_back(files[at].get());
  }
  SpawnOptions options;
  // The numbers cross over on this side and, most likely, on the keeper's.
  for (int at = 0; at < 3; ++at) {
    options.descriptors.emplace_back(5 - at, sources[static_cast<std::size_t>(at)]);
  }
  options.descriptors.emplace_back(0, sources[0]);
  KeptScript script{keeper,
                    "cat <&3; cat <&4; cat <&5; cat; readlink /proc/$$/fd/2;"
                    "ls /proc/$$/fd; echo end",
                    options};
  EXPECT_EQ(script.read_line(), "file 2");
  EXPECT_EQ(script.read_line(), "file 1");
  EXPECT_EQ(script.read_line(), "file 0");
  EXPECT_EQ(script.read_line(), "/dev/null");
  for (int open = 0; open <= 5; ++open) EXPECT_EQ(script.read_line(), std::to_string(open));
  EXPECT_EQ(script.read_line(), "end");
}

TEST(Spawn, ResetsSignals) {
  // Blocked and ignored here, so in what this process would start itself.
  sigset_t set;
  sigset_t former;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, &former);
  const auto handler = ::signal(SIGUSR2, SIG_IGN);
  Keeper keeper;
  KeptScript script{
      keeper, "", {.arguments = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}}};
  EXPECT_EQ(script.read_line(), "SigBlk:\t0000000000000000");
  EXPECT_EQ(script.read_line(), "SigIgn:\t0000000000000000");
  ::signal(SIGUSR2, handler);
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

TEST(FindProgram, LooksThroughPathAsAShell) {
  const test::TemporaryFolder folder;
  const std::filesystem::path& here = folder.path();
  std::filesystem::create_directories(here / "a" / "tool");  // a folder is no program
  std::filesystem::create_directories(here / "b");
  std::filesystem::create_directories(here / "c");
  write_file(here / "b" / "tool", "", 0644);
  const std::string path = fmt::format("{0}/a:{0}/b:{0}/none:{0}/c", here.string());
  EXPECT_EQ(find_program("tool", path), here / "b" / "tool");
  write_file(here / "c" / "tool", "", 0755);
  EXPECT_EQ(find_program("tool", path), here / "c" / "tool");
  EXPECT_EQ(find_program("tool", (here / "a").string()), "");
  EXPECT_EQ(find_program("./tool", path), "./tool");
  EXPECT_EQ(find_program("", path), "");
}

TEST(FindChildren, FindsTheSameInBothWays) {
  const test::Child one{{"/bin/sleep", "1000"}};
  const test::Child other{{"/bin/true"}};
  std::vector<pid_t> scanned = scan_for_children();
  EXPECT_TRUE(std::ranges::count(scanned, one.pid()) == 1);
  EXPECT_TRUE(std::ranges::count(scanned, other.pid()) == 1);  // unreaped
  std::vector<pid_t> read;
  if (!read_children(read)) GTEST_SKIP() << "this kernel has no list of children";
  std::ranges::sort(scanned);
  std::ranges::sort(read);
  EXPECT_EQ(read, scanned);
}

}  // namespace
}  // namespace stint
