// Each example of docs/postgresql.md, in order, on a real server.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

struct Example {
  std::string language;
  std::string text;
};

std::vector<Example> examples_of(const std::string& page) {
  std::ifstream file{std::string{STINT_SOURCE_DIR} + "/docs/" + page};
  std::vector<Example> examples;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = !is_inside;
      if (is_inside) examples.push_back({.language = line.substr(3), .text = {}});
    } else if (is_inside) {
      examples.back().text += line + "\n";
    }
  }
  return examples;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

TEST(PostgresqlPage, EveryExampleWorks) {
  std::string missing;
  const auto place = make_store_place("postgres", missing);
  if (!place) {
    ASSERT_FALSE(is_required("postgres")) << missing;
    GTEST_SKIP() << missing;
  }
  Program images{"images"};
  images.set("STINT_STORE", place->url());
  images.output({"db", "init"});
  EXPECT_THAT(images.output({"task", "register"}), HasSubstr("images.resize"));

  const std::string url = place->url().substr(0, place->url().find('?'));
  const std::string schema = place->url().substr(place->url().find("schema=") + 7);
  int pythons = 0;
  int scripts = 0;
  for (Example example : examples_of("postgresql.md")) {
    if (example.language == "cpp") continue;  // from a program of examples/, which has its own test
    SCOPED_TRACE(example.text);
    replace_all(example.text, "stint.", schema + ".");
    ProcessOptions options = images.options({});
    options.environment["DATABASE_URL"] = url;
    options.environment["PGOPTIONS"] = "-c search_path=" + schema;  // the reader's own tables
    if (example.language == "python") {
      ++pythons;
      images.write_file("example.py", example.text);
      options.program = "/usr/bin/python3";
      options.arguments = {"example.py"};
    } else {
      ASSERT_EQ(example.language, "sql");
      ++scripts;
      images.write_file("example.sql", example.text);
      options.program = "/usr/bin/psql";
      options.arguments = {"--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-f", "example.sql", url};
    }
    const ProcessResult result = run_process(options);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }
  EXPECT_EQ(pythons, 1);
  EXPECT_GE(scripts, 5);
  // a, b, c (by the trigger, as d and what Python inserts), d twice, e.
  EXPECT_EQ(lines_of(images.output({"job", "list", "--json"})).size(), 6U);
  images.output({"worker", "run", "--drain"});
  int begun = 0;
  for (const std::string& line : lines_of(images.output({"job", "list", "--json"}))) {
    begun += json::parse(line)["attempt"] == 1 ? 1 : 0;
  }
  EXPECT_EQ(begun, 5) << "all but the one with a delay";
  // Else the schema would stay, which holds them.
  ProcessOptions clean = images.options({});
  clean.program = "/usr/bin/psql";
  clean.arguments = {
      "-c", fmt::format("drop table {0}.picture; drop function {0}.resize_new_picture()", schema),
      url};
  EXPECT_EQ(run_process(clean).exit_code, 0);
}

}  // namespace
}  // namespace stint::test
