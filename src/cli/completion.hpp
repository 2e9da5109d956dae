/// What the word under the cursor can become: the part of completion that every shell shares.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace stint::cli {

class Context;

/// Who knows what the word can be.
enum class CompletionSource { kWords, kFiles, kFolders, kPrograms };

/// One word and what it means; the meaning may be empty.
struct Candidate {
  std::string word;
  std::string meaning = {};
};

/// The answer. Words are whole: they hold what is typed already.
struct Candidates {
  CompletionSource source = CompletionSource::kWords;
  std::string prefix = {};  ///< of files and folders: what stands in front of the path
  bool is_open = false;     ///< more follows the word: no blank behind it
  std::vector<Candidate> candidates = {};
  /// Ask the store for more; empty where it has no say. May take as long as the store takes, and
  /// throws what that throws. To be called before the context goes.
  std::function<std::vector<Candidate>()> ask_store = {};
};

/// Complete the last of the words, which stand behind the program's name. Reads the settings where
/// they say what is to be had; settings that are wrong count as none. Never throws for what was
/// typed.
Candidates complete(Context& context, std::span<const std::string> words);

}  // namespace stint::cli
