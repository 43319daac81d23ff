-- What a petitioner sees by a receipt code.

-- name: receipt
select s.id, s.channel, s.received_at, led.status
from submission s join "case" own on own.id = s.case_id join "case" led on led.id = own."leading"
where s.receipt_code = $1;

-- name: receipt_replies
select organ.name as organ, case when event.at_given then event.at end as at, event.body
from event left join organ on organ.id = event.organ
where event.submission = $1 and event.kind = 'REPLIED' and event.until is null
order by event.at, event.id;
