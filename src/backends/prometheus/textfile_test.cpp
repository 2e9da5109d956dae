#include "backends/prometheus/textfile.hpp"
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/prometheus/textfile_sink.hpp"
#include "stint/error.hpp"
#include "support/settings_loading.hpp"
#include "support/temporary_folder.hpp"

namespace stint::prometheus {
namespace {

using ::testing::HasSubstr;

Metric counter(double value) {
  return {.name = "rows", .value = value, .kind = MetricKind::kCounter};
}

TEST(Textfile, HasTheLatestOfGaugesAndTheSumOfCounters) {
  Textfile file;
  file.add({.name = "job_duration_seconds",
            .value = 3,
            .tags = {{"task", "x"}, {"status", "failed"}},
            .kind = MetricKind::kTimer});
  file.add({.name = "job_duration_seconds",
            .value = 1.5,
            .tags = {{"task", "x"}, {"status", "succeeded"}},
            .kind = MetricKind::kTimer});
  file.add({.name = "job_duration_seconds",
            .value = 2.5,
            .tags = {{"status", "succeeded"}, {"task", "x"}},
            .kind = MetricKind::kTimer});
  file.add(counter(3));
  file.add(counter(4));
  EXPECT_EQ(file.text(),
            "# HELP job_duration_seconds Pushed by Stint.\n"
            "# TYPE job_duration_seconds gauge\n"
            "job_duration_seconds{status=\"failed\",task=\"x\"} 3\n"
            "job_duration_seconds{status=\"succeeded\",task=\"x\"} 2.5\n"
            "# HELP rows_total Pushed by Stint.\n"
            "# TYPE rows_total counter\n"
            "rows_total 7\n");
}

TEST(Textfile, ReadsWhatItWrote) {
  Textfile file;
  file.add(
      {.name = "a", .value = -1.25e-9, .tags = {{"x", "one \"two\"\n} 5\\"}, {"y z", "\xC3\xA4"}}});
  file.add({.name = "b.c", .value = 2});
  file.add(counter(5));
  Textfile again = Textfile::parse(file.text());
  EXPECT_EQ(again.text(), file.text());
  again.add(counter(1));
  EXPECT_THAT(again.text(), HasSubstr("rows_total 6\n"));
}

TEST(Textfile, LeavesOutLinesThatItWouldNotHaveWritten) {
  const Textfile file = Textfile::parse(
      "garbage\n\n# TYPE a gauge\na 1\na{x=\"y\"} two\nother 3\n# a comment\na nan\nb");
  EXPECT_EQ(file.text(), "# HELP a Pushed by Stint.\n# TYPE a gauge\na 1\n");
  EXPECT_EQ(Textfile::parse("").text(), "");
  EXPECT_EQ(Textfile::parse(std::string(1000, '\0')).text(), "");
}

TEST(Textfile, TakesNamesAndTagsThatPrometheusDoesNot) {
  Textfile file;
  file.add({.name = "1 rows-read.total\n", .value = 1, .tags = {{"a-b", "1"}, {"a_b", "2"}}});
  file.add({.name = "none", .value = std::numeric_limits<double>::quiet_NaN()});
  EXPECT_THAT(file.text(), HasSubstr("\n_1_rows_read_total_{a_b=\"2\"} 1\n"));
  EXPECT_EQ(file.text().find("none"), std::string::npos);
}

class TextfileSinkTest : public ::testing::Test {
 protected:
  std::unique_ptr<MetricsSink> sink(const std::string& file) {
    const std::string toml = "[metrics.prometheus]\nfile = \"" + file + "\"";
    return make_sink({.settings = testing::load(testing::from_toml(toml)).settings,
                      .table = "metrics.prometheus"});
  }
  static std::string text_of(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  test::TemporaryFolder folder_;
};

TEST_F(TextfileSinkTest, GivesEachTaskItsFile) {
  const std::vector<Metric> metrics = {{.name = "rows", .value = 1, .tags = {{"task", "a.b"}}},
                                       {.name = "rows", .value = 2, .tags = {{"task", "../c"}}},
                                       {.name = "slots", .value = 3}};
  sink((folder_.path() / "{task}.prom").string())->push(metrics);
  const std::string folder = folder_.path().string();
  EXPECT_THAT(text_of(folder + "/a.b.prom"), HasSubstr("rows{task=\"a.b\"} 1\n"));
  EXPECT_THAT(text_of(folder + "/.._c.prom"), HasSubstr("rows{task=\"../c\"} 2\n"));
  EXPECT_THAT(text_of(folder + "/worker.prom"), HasSubstr("slots 3\n"));
}

TEST_F(TextfileSinkTest, ReplacesTheFileAsAWhole) {
  const std::string path = (folder_.path() / "{task}.prom").string();
  const std::string real = (folder_.path() / "a.b.prom").string();
  const mode_t former = ::umask(0077);
  const Metric success{
      .name = "last_successful_run_timestamp", .value = 1'600'000'000, .tags = {{"task", "a.b"}}};
  sink(path)->push({&success, 1});
  ::umask(former);
  struct stat status{};
  ASSERT_EQ(::stat(real.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U) << "node_exporter cannot read it";
  const Metric failure{.name = "failed", .value = 1, .tags = {{"task", "a.b"}}};
  sink(path)->push({&failure, 1});  // another process, another run
  EXPECT_THAT(text_of(real), HasSubstr("last_successful_run_timestamp{task=\"a.b\"} 1600000000\n"));
  EXPECT_THAT(text_of(real), HasSubstr("failed{task=\"a.b\"} 1\n"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_.path()}, {}), 1)
      << "a temporary file is left";
}

TEST_F(TextfileSinkTest, CountsNothingTwiceThatIsTriedAgain) {
  const std::string folder = (folder_.path() / "later").string();
  const auto sink = this->sink(folder + "/x.prom");
  const Metric metric = counter(2);
  try {
    sink->push({&metric, 1});
    FAIL() << "a folder that is not there took a file";
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("x.prom\" cannot be written: No such file or directory"));
  }
  std::filesystem::create_directory(folder);
  sink->push({&metric, 1});
  EXPECT_THAT(text_of(folder + "/x.prom"), HasSubstr("rows_total 2\n"));
}

TEST(TextfileSink, WantsAFile) {
  try {
    make_sink({.settings = testing::load(testing::from_toml("")).settings,
               .table = "metrics.prometheus"});
    FAIL() << "a sink without a file";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[metrics.prometheus] names no file"));
  }
}

}  // namespace
}  // namespace stint::prometheus
