#include "app/backends.hpp"
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Settings backend_settings(const std::string& toml) {
  return load_settings(LoadOptions{.toml = toml, .use_environment = false});
}

template <typename Call>
std::string error_of(Call call) {
  try {
    static_cast<void>(call());
    return "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    return error.what();
  }
}

TEST(ResolveStore, TakesUrlsAndNames) {
  const Settings settings = backend_settings(
      "[stores]\ndefault = \"sqlite:a.db\"\nmain = \"postgresql://host/database\"\n");
  EXPECT_EQ(resolve_store(settings), "sqlite:a.db");
  EXPECT_EQ(resolve_store(settings, "default"), "sqlite:a.db");
  EXPECT_EQ(resolve_store(settings, "main"), "postgresql://host/database");
  EXPECT_EQ(resolve_store(settings, "sqlite:/other.db"), "sqlite:/other.db");
}

TEST(ResolveStore, NamesTheNearestStore) {
  const Settings settings = backend_settings("[stores]\nmain = \"sqlite:a.db\"\n");
  EXPECT_THAT(error_of([&] { return resolve_store(settings, "mian"); }),
              HasSubstr("there is no store \"mian\" under [stores] (did you mean \"main\"?)"));
  EXPECT_THAT(error_of([&] { return resolve_store(settings, "jobs.db"); }),
              HasSubstr("for a file use \"sqlite:jobs.db\""));
}

TEST(ResolveStore, DefaultsToTheUsersStateFolder) {
  const auto with_home = [](const std::string& home) {
    return load_settings(
        LoadOptions{.toml = "", .use_environment = true, .environment = {{{"HOME", home}}}});
  };
  EXPECT_EQ(resolve_store(with_home("/home/ann")), "sqlite:/home/ann/.local/state/stint/jobs.db");
  EXPECT_THAT(error_of([&] { return resolve_store(with_home("")); }), HasSubstr("set STINT_STORE"));
}

TEST(OpenStore, NamesTheNearestScheme) {
  const std::string message =
      error_of([] { return open_store({.url = "sqlte://me:secret@host/database"}); });
  EXPECT_THAT(message, HasSubstr("has the scheme \"sqlte\", which no store has"));
  EXPECT_THAT(message, HasSubstr("did you mean \"sqlite\"?"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
  EXPECT_THAT(error_of([] { return open_schema({.url = "sqlit:jobs.db"}); }),
              HasSubstr("did you mean \"sqlite\"?"));
}

TEST(OpenStore, OpensAFile) {
  const test::TemporaryFolder folder;
  const std::string url = "sqlite:" + (folder.path() / "jobs.db").string();
  EXPECT_EQ(open_store({.url = url})->status().backend, "sqlite");
  EXPECT_GT(open_schema({.url = url})->version(), 0);
}

TEST(OpenStore, SharesMemoryByNameWithinTheProcess) {
  const NewJob job{.task = "t.run"};
  JobId id;
  {
    const auto first = open_store({.url = "memory:backends-test"});
    id = first->enqueue({&job, 1}).at(0).id;
    EXPECT_EQ(first->status().backend, "memory");
    EXPECT_EQ(first->status().location, "memory:backends-test");
  }
  EXPECT_TRUE(open_store({.url = "memory:backends-test"})->find_job(id).has_value());
  EXPECT_FALSE(open_store({.url = "memory:backends-other"})->find_job(id).has_value());
}

TEST(OpenStore, RefusesMemoryThatCannotBeMeant) {
  for (const char* const url : {"memory://host/x", "memory:a/b", "memory:a%20b", "memory:a?x=1"}) {
    EXPECT_THAT(error_of([&] { return open_store({.url = url}); }), HasSubstr("memory:")) << url;
  }
}

TEST(OpenStore, PutsFaultsBeforeAnyStore) {
  const test::TemporaryFolder folder;
  const std::string file = "sqlite:" + (folder.path() / "jobs.db").string();
  std::string told;
  const auto store = open_store({.url = "fault+" + file + "?error_rate=1&calls=enqueue&seed=7",
                                 .notice = [&](std::string_view text) { told = text; }});
  EXPECT_THAT(told, HasSubstr("error_rate 1, of the calls enqueue, seed 7"));
  const NewJob job{.task = "t.run"};
  EXPECT_THROW(store->enqueue({&job, 1}), Error);
  EXPECT_EQ(store->status().backend, "sqlite");
  EXPECT_GT(open_schema({.url = "fault+" + file})->version(), 0);
  EXPECT_FALSE(has_attempts("fault+" + file));
  EXPECT_TRUE(has_attempts("fault+postgresql://host/db?error_rate=0.1"));
  EXPECT_TRUE(is_of_one_process("fault+memory:?latency=1ms"));
  EXPECT_FALSE(is_of_one_process("fault+" + file));
}

TEST(OpenStore, TellsTheSeedOfFaultsThatWasDrawn) {
  std::string told;
  open_store({.url = "fault+memory:seeds?error_rate=0.5",
              .notice = [&](std::string_view text) { told = text; }});
  EXPECT_THAT(told, ::testing::MatchesRegex("faults on purpose: error_rate 0.5, seed [0-9]+"));
}

TEST(OpenStore, NamesWhatAStoreBehindFaultsDoesNotKnow) {
  EXPECT_THAT(error_of([] { return open_store({.url = "fault+sqlite:a.db?colour=red"}); }),
              HasSubstr("has a parameter \"colour\""));
  EXPECT_THAT(error_of([] { return open_store({.url = "fault+sqlit:a.db"}); }),
              HasSubstr("did you mean \"sqlite\"?"));
}

}  // namespace
}  // namespace stint
