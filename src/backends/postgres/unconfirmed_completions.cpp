#include "backends/postgres/unconfirmed_completions.hpp"
#include <iterator>
#include <utility>

namespace stint::postgres {
namespace {

constexpr std::size_t kMostNotes = 1000;
constexpr std::size_t kMostUnconfirmedBytes = std::size_t{8} << 20U;

std::size_t bytes_of(const Completion& completion) {
  std::size_t bytes = completion.output.size() + completion.error.size();
  for (const std::string& one : completion.attachments) bytes += one.size();
  return bytes;
}

}  // namespace

void UnconfirmedCompletions::note(std::span<const Completion> completions, std::uint64_t newest) {
  const Moment at = next_++;
  for (const Completion& one : completions) {
    notes_.push_back({one, newest, at});
    bytes_ += bytes_of(one);
  }
}

bool UnconfirmedCompletions::is_full() const {
  return notes_.size() >= kMostNotes || bytes_ >= kMostUnconfirmedBytes;
}

void UnconfirmedCompletions::confirm(std::uint64_t connection, Moment began) {
  std::erase_if(notes_, [&](const Note& note) {
    const bool is_safe = note.at < began && note.newest >= connection;
    if (is_safe) bytes_ -= bytes_of(note.completion);
    return is_safe;
  });
}

std::vector<Completion> UnconfirmedCompletions::take_doubtful(std::uint64_t connection) {
  std::vector<Completion> doubtful;
  std::erase_if(notes_, [&](Note& note) {
    if (note.newest >= connection) return false;
    bytes_ -= bytes_of(note.completion);
    doubtful.push_back(std::move(note.completion));
    return true;
  });
  return doubtful;
}

}  // namespace stint::postgres
