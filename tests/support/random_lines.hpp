/// Words and texts that nobody would type, for tests that feed them to parsers. The same seed gives
/// the same texts.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace stint::test {

/// The seed of this run: STINT_SEED, else the same as ever.
inline std::uint64_t fuzz_seed() {
  const char* text = std::getenv("STINT_SEED");
  return text == nullptr ? 27 : std::strtoull(text, nullptr, 10);
}

/// How many inputs: `full` with STINT_FULL=1.
inline int fuzz_count(int usual, int full) {
  return std::getenv("STINT_FULL") == nullptr ? usual : full;
}

class RandomLines {
 public:
  explicit RandomLines(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>{0, limit - 1}(engine_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string_view one_of(std::span<const std::string_view> words) {
    return words[below(words.size())];
  }

  /// Any bytes.
  std::string bytes(std::size_t longest) {
    std::string result;
    for (std::size_t left = below(longest + 1); left > 0; --left) {
      result += static_cast<char>(below(256));
    }
    return result;
  }

  /// Change a text at some places: bytes replaced, left out, doubled, cut off, parts exchanged.
  std::string spoiled(std::string text) {
    for (std::size_t changes = below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        case 2:
          text.insert(at, text.substr(at, 1 + below(16)));
          break;
        case 3:
          text.resize(at);
          break;
        default:
          text.insert(at, bytes(6));
      }
    }
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace stint::test
