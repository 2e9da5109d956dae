/// One of the build's programs, run in a folder and with a home of its own.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {

/// Run a program of the build: one of users' or one of those that only tests have. Its working
/// folder, HOME and the place of its default store are in a temporary folder that goes with the
/// object.
class Program {
 public:
  explicit Program(std::string name);

  ProcessResult run(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  /// The options of a run, to be changed before it is started.
  ProcessOptions options(const std::vector<std::string>& arguments) const;

  /// Run and return the output without its last line's end; a test failure unless it ended with 0.
  std::string output(const std::vector<std::string>& arguments,
                     const std::string& input = {}) const;

  /// Set a variable for every later run.
  void set(const std::string& variable, const std::string& value) {
    environment_[variable] = value;
  }
  /// Write a file into the working folder and return its path.
  std::string write_file(const std::string& name, const std::string& text) const;
  std::string folder() const { return folder_.path().string(); }

 private:
  std::string name_;
  TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
};

/// Split into lines, without their ends.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace stint::test
