#include "cli/enqueue_words.hpp"
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::int64_t kLimit = 100;

const std::vector<ArgumentSpec>& specs() {
  static const std::vector<ArgumentSpec> specs = {
      {.name = "path", .type = ArgumentType::kString},
      {.name = "width", .type = ArgumentType::kInteger},
      {.name = "data", .type = ArgumentType::kBytes},
      {.name = "sizes", .type = ArgumentType::kArray, .element = ArgumentType::kInteger}};
  return specs;
}

json read(const std::vector<std::string>& words) {
  return arguments_from_words(specs(), words, kLimit);
}

TEST(EnqueueWords, ReadsValuesByTheArgumentsType) {
  EXPECT_EQ(read({"path=a=b.png", "width=400"}), (json{{"path", "a=b.png"}, {"width", 400}}));
  EXPECT_EQ(read({"path=400", "path2=x"}), (json{{"path", "400"}, {"path2", "x"}}));
  EXPECT_EQ(read({"path="}), (json{{"path", ""}}));
}

TEST(EnqueueWords, ReadsJson) {
  EXPECT_EQ(read({"width:=400"}), (json{{"width", 400}}));
  EXPECT_EQ(read({"path:=\"@x\""}), (json{{"path", "@x"}}));
  EXPECT_THROW(read({"width:=40x"}), Error);
}

TEST(EnqueueWords, FillsLists) {
  EXPECT_EQ(read({"sizes=1", "sizes:=2", "sizes=3"}), (json{{"sizes", {1, 2, 3}}}));
  EXPECT_EQ(read({"sizes:=[1, 2]"}), (json{{"sizes", {1, 2}}}));
}

TEST(EnqueueWords, RefusesWhatIsNoArgument) {
  for (const char* word : {"path", "=x", ":=1", ""}) {
    EXPECT_THROW(read({word}), Error) << word;
  }
  EXPECT_THROW(read({"width=1", "width=2"}), Error);
  EXPECT_THROW(read({"pa\xffth=1"}), Error);
}

TEST(EnqueueWords, TakesAFilesBytes) {
  const std::string path = ::testing::TempDir() + "enqueue_words_test.bin";
  std::ofstream{path, std::ios::binary} << std::string{"a\0\xff", 3};
  const json args = read({"data=@" + path});
  EXPECT_EQ(args["data"].get<Bytes>().view(), (std::string_view{"a\0\xff", 3}));
  std::ofstream{path, std::ios::binary} << std::string(kLimit + 1, 'x');
  EXPECT_THROW(read({"data=@" + path}), Error);
  std::filesystem::remove(path);
  EXPECT_THROW(read({"data=@" + path}), Error);
}

}  // namespace
}  // namespace stint::cli
