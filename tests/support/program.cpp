#include "support/program.hpp"
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <gtest/gtest.h>

namespace stint::test {

Program::Program(std::string name) : name_(std::move(name)) {
  environment_ = {{"HOME", folder()}, {"XDG_STATE_HOME", folder() + "/state"}};
}

ProcessOptions Program::options(const std::vector<std::string>& arguments) const {
  const std::string users = std::string{STINT_BIN_DIR} + "/" + name_;
  const std::string tests = std::string{STINT_TEST_PROGRAM_DIR} + "/" + name_;
  return {.program = std::filesystem::exists(users) ? users : tests,
          .arguments = arguments,
          .environment = environment_,
          .folder = folder()};
}

ProcessResult Program::run(const std::vector<std::string>& arguments,
                           const std::string& input) const {
  ProcessOptions chosen = options(arguments);
  chosen.standard_input = input;
  ProcessResult result = run_process(chosen);
  EXPECT_FALSE(result.timed_out) << name_ << " took too long: " << result.out << result.err;
  EXPECT_EQ(result.signal, 0) << name_ << ": " << result.err;
  return result;
}

std::string Program::output(const std::vector<std::string>& arguments,
                            const std::string& input) const {
  ProcessResult result = run(arguments, input);
  EXPECT_EQ(result.exit_code, 0) << name_ << " " << ::testing::PrintToString(arguments) << ": "
                                 << result.out << result.err;
  if (result.out.ends_with('\n')) result.out.pop_back();
  return result.out;
}

std::string Program::write_file(const std::string& name, const std::string& text) const {
  const std::string path = folder() + "/" + name;
  std::ofstream{path, std::ios::binary} << text;
  return path;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace stint::test
