// `stint bench` on both stores, and what it leaves behind: nothing.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kSmall{"bench", "--jobs", "200", "--rounds", "1", "--slots", "1,2"};

TEST(Bench, TellsFiguresAndWhatTheyMean) {
  const Program stint{"stint"};
  const std::string told = stint.output(kSmall);
  for (const char* part : {"enqueue, one a transaction", "enqueue, 200 a transaction",
                           "execute, 1 slot ", "execute, 2 slots", "from enqueue to start",
                           "An enqueue is durable after", "jobs a second"}) {
    EXPECT_THAT(told, HasSubstr(part));
  }
  EXPECT_EQ(stint.output({"job", "list", "--json"}), "") << "its jobs are gone";
}

TEST(Bench, WritesJsonOnPostgres) {
  std::string missing;
  const auto place = make_store_place("postgres", missing);
  if (!place) {
    ASSERT_FALSE(is_required("postgres")) << missing;
    GTEST_SKIP() << missing;
  }
  Program stint{"stint"};
  stint.set("STINT_STORE", place->url());
  stint.output({"db", "init"});
  std::vector<std::string> words = kSmall;
  words.insert(words.end(), {"--json", "--bytes", "1000"});
  const std::vector<std::string> lines = lines_of(stint.output(words));
  ASSERT_EQ(lines.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    const json figure = json::parse(lines[i]);
    EXPECT_GT(figure.at("median").get<double>(), 0) << lines[i];
  }
  EXPECT_GE(json::parse(lines[5]).at("verdict").size(), 3U);
  EXPECT_EQ(stint.output({"task", "list", "--json"}), "") << "no task of it is registered";
}

TEST(Bench, RemovesItsJobsWhenItIsStopped) {
  const Program stint{"stint"};
  Process bench{stint.options({"bench", "--jobs", "1000", "--rounds", "100"})};
  ASSERT_TRUE(eventually([&] { return !stint.output({"job", "list", "--json"}).empty(); }));
  bench.send_signal(SIGINT);
  EXPECT_EQ(bench.wait().exit_code, 130);
  EXPECT_EQ(stint.output({"job", "list", "--json"}), "");
}

TEST(Bench, RefusesWhatItCannotMeasure) {
  const Program stint{"stint"};
  EXPECT_EQ(stint.run({"bench", "--slots", "1,x"}).exit_code, 2);
  EXPECT_EQ(stint.run({"bench", "--jobs", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
