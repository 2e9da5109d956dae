-- List what the live workers told with their last beats.
select id, counts from worker where state = 1 and counts is not null order by id
