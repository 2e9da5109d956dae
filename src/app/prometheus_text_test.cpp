#include "app/prometheus_text.hpp"
#include <chrono>
#include <limits>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

TEST(PrometheusText, WritesHelpTypeAndValues) {
  PrometheusText text;
  text.begin("jobs_total", MetricType::kCounter, "Jobs.").value(std::int64_t{3});
  text.begin("age_seconds", MetricType::kGauge, "Age.").value(0.25, {{"domain", "mail"}});
  EXPECT_EQ(text.str(),
            "# HELP jobs_total Jobs.\n"
            "# TYPE jobs_total counter\n"
            "jobs_total 3\n"
            "# HELP age_seconds Age.\n"
            "# TYPE age_seconds gauge\n"
            "age_seconds{domain=\"mail\"} 0.25\n");
}

TEST(PrometheusText, EscapesLabelsAndHelp) {
  PrometheusText text;
  text.begin("a", MetricType::kGauge, "a \\ \"b\"\nc")
      .value(std::int64_t{1}, {{"x", "back\\slash"}, {"y", "\"quoted\"\nline"}});
  EXPECT_EQ(text.str(),
            "# HELP a a \\\\ \"b\"\\nc\n"
            "# TYPE a gauge\n"
            "a{x=\"back\\\\slash\",y=\"\\\"quoted\\\"\\nline\"} 1\n");
}

TEST(PrometheusText, KeepsUtf8AndReplacesWhatIsNone) {
  PrometheusText text;
  text.begin("a", MetricType::kGauge, "").value(std::int64_t{1}, {{"x", "\xc3\xa4\xff"}});
  EXPECT_NE(text.str().find("x=\"\xc3\xa4\xef\xbf\xbd\""), std::string::npos) << text.str();
}

TEST(PrometheusText, WritesNumbersThatNoFractionHas) {
  PrometheusText text;
  text.begin("a", MetricType::kGauge, "");
  text.value(std::numeric_limits<double>::infinity())
      .value(-std::numeric_limits<double>::infinity())
      .value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_NE(text.str().find("a +Inf\na -Inf\na NaN\n"), std::string::npos) << text.str();
}

TEST(PrometheusText, WritesCumulativeBuckets) {
  Histogram histogram;
  histogram.observe(100us);
  histogram.observe(200us);
  histogram.observe(2s);
  histogram.observe(2h);
  PrometheusText text;
  text.begin("run_seconds", MetricType::kHistogram, "Run.").histogram(histogram.snapshot());
  for (const char* line :
       {"# TYPE run_seconds histogram\n", "run_seconds_bucket{le=\"0.0001\"} 1\n",
        "run_seconds_bucket{le=\"0.00025\"} 2\n", "run_seconds_bucket{le=\"1\"} 2\n",
        "run_seconds_bucket{le=\"2.5\"} 3\n", "run_seconds_bucket{le=\"3600\"} 3\n",
        "run_seconds_bucket{le=\"+Inf\"} 4\n", "run_seconds_sum 7202.0003\n",
        "run_seconds_count 4\n"}) {
    EXPECT_NE(text.str().find(line), std::string::npos) << line << text.str();
  }
}

TEST(PrometheusText, WritesAnEmptyHistogram) {
  PrometheusText text;
  text.begin("a_seconds", MetricType::kHistogram, "").histogram({});
  EXPECT_NE(text.str().find("a_seconds_bucket{le=\"+Inf\"} 0\na_seconds_sum 0\na_seconds_count 0"),
            std::string::npos)
      << text.str();
}

}  // namespace
}  // namespace stint
