/// Jobs from a file: one JSON object of arguments a line.
#pragma once
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

namespace stint::cli {

/// Hold a file of lines that can be read twice; standard input is copied to a temporary file first.
class LineFile {
 public:
  /// `path` is a file, or "-". Throws Error kUsage with the system's reason.
  explicit LineFile(const std::string& path);

  /// Call `use(number, line)` for each line that is not blank, from the start; numbers begin
  /// with 1. Throws Error kUsage if the file cannot be read, and what `use` throws.
  void each_line(const std::function<void(std::size_t number, const std::string& line)>& use);

  /// How messages call it.
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void copy_standard_input();

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace stint::cli
