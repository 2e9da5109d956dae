/// What a server answers, taken apart without trust.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <hiredis/hiredis.h>

namespace stint::redis {

/// Free a reply.
struct ReplyDeleter {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

/// One answer. Members give empty values for what is not there or of another kind.
class Reply final {
 public:
  explicit Reply(redisReply* reply) : reply_(reply) {}

  bool is_error() const { return reply_->type == REDIS_REPLY_ERROR; }
  bool is_list() const { return reply_->type == REDIS_REPLY_ARRAY; }
  std::size_t size() const { return is_list() ? reply_->elements : 0; }

  /// The whole answer, or a member of the list that it is.
  std::string_view text() const { return text_of(*reply_); }
  std::string_view text(std::size_t member) const;
  std::int64_t number() const { return number_of(*reply_); }
  std::int64_t number(std::size_t member) const;

 private:
  static std::string_view text_of(const redisReply& reply);
  static std::int64_t number_of(const redisReply& reply);

  std::unique_ptr<redisReply, ReplyDeleter> reply_;  // never null
};

}  // namespace stint::redis
