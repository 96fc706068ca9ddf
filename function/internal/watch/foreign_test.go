package watch_test

import (
	"testing"
	"time"
)

// lambdaRecord is a record of Lambda that gives checkout the role orders again.
func (l *lab) lambdaRecord(more map[string]any) []byte {
	return l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "checkout", "role": roleARN("orders")},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "role": roleARN("orders"), "version": "$LATEST"}}, more)
}

// A record of another account, or of a Region that is not watched, is taken off the queue and judged nowhere. Operations are told once,
// and that it is over after a day without one.
func TestARecordThatIsNotOursIsReportedOnce(t *testing.T) {
	const other = "444455556666"
	for name, c := range map[string]struct {
		record func(*lab) []byte
		told   string
		over   string
	}{
		"the record of another account": {func(l *lab) []byte {
			return l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": "orders", "policyDocument": badTrust}, map[string]any{"recipientAccountId": other})
		}, "rolewatch receives records of account " + other, "no records of account " + other + " have arrived for a day"},
		"the event of another account": {func(l *lab) []byte {
			return l.sentBy(other, l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": "orders", "policyDocument": badTrust}))
		}, "rolewatch receives records of account " + other, "no records of account " + other + " have arrived for a day"},
		"a Region that is not watched": {func(l *lab) []byte {
			return l.lambdaRecord(map[string]any{"awsRegion": "eu-west-3"})
		}, "rolewatch receives records of eu-west-3, which it does not watch", "no records of eu-west-3 have arrived for a day"},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.notices = nil
			reads := l.cloud.reads
			l.must(c.record(l), c.record(l))
			l.pass(30 * time.Minute)
			l.must(c.record(l))
			l.pass(2 * time.Minute)
			if l.cloud.reads != reads || l.queue.Len() != 0 {
				t.Errorf("%d reads, %d items in the queue", l.cloud.reads-reads, l.queue.Len())
			}
			l.want()
			l.wantTold(c.told)
			l.ticked(27 * time.Hour)
			l.wantTold("Resolved: " + c.over)
		})
	}
}

// IAM records in one Region of the partition, whatever Regions are watched; and a record without an account is ours.
func TestRecordsThatAreOurs(t *testing.T) {
	for name, record := range map[string]func(*lab) []byte{
		"IAM's global Region": func(l *lab) []byte { return l.setTrust("orders", badTrust) },
		"another Region of IAM": func(l *lab) []byte {
			l.cloud.roles["orders"].trust = badTrust
			return l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": "orders", "policyDocument": badTrust}, map[string]any{"awsRegion": "eu-west-3"})
		},
		"a caller of another account": func(l *lab) []byte {
			l.cloud.roles["orders"].trust = badTrust
			return l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": "orders", "policyDocument": badTrust}, map[string]any{
				"recipientAccountId": "", "userIdentity": map[string]any{"type": "AWSAccount", "accountId": "444455556666"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.notices = nil
			l.watch.Regions = []string{"eu-central-1"}
			l.must(record(l))
			l.pass(2 * time.Minute)
			l.want("opened RW102 orders")
			l.wantTold()
		})
	}
}
