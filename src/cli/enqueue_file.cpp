#include "cli/enqueue_file.hpp"
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 16U;

[[noreturn]] void refuse(const std::string& name, int number) {
  throw Error{ErrorCode::kUsage, fmt::format("cannot read {}: {}", name, std::strerror(number))};
}

/// Free what getline has allocated.
class LineBuffer {
 public:
  LineBuffer() = default;
  ~LineBuffer() { std::free(text_); }  // NOLINT(cppcoreguidelines-no-malloc): getline made it
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;

  /// Read one line without its end; false at the end of the file.
  bool read(std::FILE* file, std::string& to) {
    const ssize_t size = ::getline(&text_, &capacity_, file);
    if (size < 0) return false;
    to.assign(text_, static_cast<std::size_t>(size));
    while (!to.empty() && (to.back() == '\n' || to.back() == '\r')) to.pop_back();
    return true;
  }

 private:
  char* text_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace

LineFile::LineFile(const std::string& path)
    : name_(path == "-" ? "standard input" : fmt::format("\"{}\"", path)) {
  if (path == "-") {
    copy_standard_input();
    return;
  }
  file_.reset(std::fopen(path.c_str(), "re"));
  if (!file_) refuse(name_, errno);
}

void LineFile::copy_standard_input() {
  file_.reset(std::tmpfile());
  if (!file_) {
    throw Error{
        ErrorCode::kUsage,
        fmt::format("cannot make a temporary file for standard input: {}", std::strerror(errno))};
  }
  std::array<char, kCopyBytes> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    if (std::fwrite(buffer.data(), 1, got, file_.get()) != got) {
      throw Error{
          ErrorCode::kUsage,
          fmt::format("cannot keep standard input in a temporary file: {}", std::strerror(errno))};
    }
  }
  if (std::ferror(stdin) != 0) refuse(name_, errno);
}

void LineFile::each_line(const std::function<void(std::size_t, const std::string&)>& use) {
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) {
    throw Error{ErrorCode::kUsage,
                fmt::format("{} cannot be read twice; give it as standard input: --from -", name_)};
  }
  LineBuffer buffer;
  std::string line;
  for (std::size_t number = 1; buffer.read(file_.get(), line); ++number) {
    if (line.find_first_not_of(" \t") != std::string::npos) use(number, line);
  }
  if (std::ferror(file_.get()) != 0) refuse(name_, errno);
}

}  // namespace stint::cli
