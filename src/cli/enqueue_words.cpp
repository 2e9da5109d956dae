#include "cli/enqueue_words.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 16U;

/// Close a descriptor at the end of the scope; standard input stays open.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string file_bytes(const std::string& path, std::int64_t limit) {
  const auto refuse = [&](int number) {
    throw Error{ErrorCode::kUsage,
                fmt::format("cannot read \"{}\": {}", path, std::strerror(number))};
  };
  if (has_nul(path)) refuse(EINVAL);
  const OpenFile file{path};
  if (file.get() < 0) refuse(errno);
  std::string result;
  std::array<char, kReadBytes> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno);
    if (got == 0) return result;
    result.append(buffer.data(), static_cast<std::size_t>(got));
    if (result.size() > static_cast<std::size_t>(limit)) {
      throw Error{
          ErrorCode::kInvalid,
          fmt::format("\"{}\" is larger than {} bytes, the limit of a job's bytes; store it "
                      "elsewhere and enqueue its place, or raise [limits] max_bytes",
                      path, limit)};
    }
  }
}

struct Word {
  std::string key;
  std::string value;
  bool is_json = false;
};

Word split(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.starts_with(":=")) {
    throw Error{
        ErrorCode::kUsage,
        fmt::format("\"{}\" is no argument; write key=value, key:=JSON or key=@FILE", text)};
  }
  const bool is_json = text[equals - 1] == ':';
  return {.key = text.substr(0, is_json ? equals - 1 : equals),
          .value = text.substr(equals + 1),
          .is_json = is_json};
}

json value_of(const Word& word, const ArgumentSpec& spec, std::int64_t max_file_bytes) {
  if (word.is_json) return parse_json(word.value, word.key);
  if (!word.value.starts_with('@')) return argument_from_text(spec, word.value);
  std::string bytes = file_bytes(word.value.substr(1), max_file_bytes);
  const ArgumentType type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  if (type == ArgumentType::kBytes || type == ArgumentType::kAny)
    return json(Bytes{std::move(bytes)});
  return argument_from_text(spec, bytes);
}

void add(json& args, const Word& word, const ArgumentSpec& spec, json value) {
  // `list:=[1, 2]` is the whole list, `list=1` one element of it.
  if (spec.type == ArgumentType::kArray && !(word.is_json && value.is_array())) {
    args[word.key].push_back(std::move(value));
    return;
  }
  if (args.contains(word.key)) {
    throw Error{ErrorCode::kUsage, fmt::format("argument \"{}\" is given twice", word.key)};
  }
  args[word.key] = std::move(value);
}

}  // namespace

json arguments_from_words(std::span<const ArgumentSpec> specs, std::span<const std::string> words,
                          std::int64_t max_file_bytes) {
  json args = json::object();
  for (const std::string& text : words) {
    if (!is_valid_utf8(text.substr(0, text.find('=')))) {
      throw Error{ErrorCode::kInvalid, "the name of an argument is not valid UTF-8"};
    }
    const Word word = split(text);
    const auto known = std::ranges::find(specs, word.key, &ArgumentSpec::name);
    const ArgumentSpec spec = known == specs.end()
                                  ? ArgumentSpec{.name = word.key, .type = ArgumentType::kString}
                                  : *known;
    add(args, word, spec, value_of(word, spec, max_file_bytes));
  }
  return args;
}

}  // namespace stint::cli
