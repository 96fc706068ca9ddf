package simulate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// event is a call in an account, and its record.
type event struct {
	at      time.Duration
	account int
	role    int
	kind    string
	// burst says that it belongs to a burst.
	burst bool
}

// The kinds of events: an edit of an inline policy, a deployment of a function, and what makes a role an administrator, or ends that.
const (
	kindEdit   = "PutRolePolicy"
	kindDeploy = "UpdateFunctionConfiguration20150331v2"
	kindRisk   = "AttachRolePolicy"
	kindUndo   = "DetachRolePolicy"
)

// undoneAfter is how long a role stays an administrator.
const undoneAfter = 20 * time.Minute

// burstAt is when a burst begins.
func burstAt(p Parameters, i int) time.Duration {
	return p.Duration * time.Duration(2*i+1) / time.Duration(2*p.Bursts)
}

// day is the traffic of the simulated time, in its order. Ordinary events come at any time; each burst comes within a minute, from one account.
func day(p Parameters) (events []event) {
	random := rand.New(rand.NewPCG(p.Seed, 1))
	part := float64(p.Duration) / float64(24*time.Hour)
	ordinary := int(float64(p.Events-p.Bursts*p.BurstEvents) * part)
	// risky are the roles that were made administrators: each once, so that none flaps.
	risky := map[[2]int]bool{}
	one := func(at time.Duration, account int, burst bool) {
		e := event{at: at, account: account, role: random.IntN(p.Roles), kind: kindEdit, burst: burst}
		risks := p.Risks
		if burst {
			risks = p.BurstRisks
		}
		switch r := random.Float64(); {
		case r < risks && !risky[[2]int{account, e.role}]:
			e.kind, risky[[2]int{account, e.role}] = kindRisk, true
			events = append(events, event{at: at + undoneAfter, account: account, role: e.role, kind: kindUndo, burst: burst})
		case r < 0.5:
			e.kind = kindDeploy
		}
		events = append(events, e)
	}
	for range ordinary {
		one(time.Duration(random.Float64()*float64(p.Duration)), random.IntN(p.Accounts), false)
	}
	for i := range p.Bursts {
		begin, account := burstAt(p, i), random.IntN(p.Accounts)
		for range p.BurstEvents {
			one(begin+time.Duration(random.Float64()*float64(time.Minute)), account, true)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return events
}

// apply does to the account what the event is about.
func (e event) apply(a *account, serial int) {
	a.change(e.role, func(r *executionRole) {
		switch e.kind {
		case kindEdit:
			r.inline = inlineText(a.id, e.role, serial)
		case kindRisk:
			r.admin = true
		case kindUndo:
			r.admin = false
		}
	})
}

// record is what EventBridge delivers of the event.
func (e event) record(a *account, serial int, at time.Time, region string) string {
	name := a.roles[e.role].name
	source, parameters := "iam", map[string]any{"roleName": name}
	switch e.kind {
	case kindEdit:
		parameters["policyName"], parameters["policyDocument"] = "work", inlineText(a.id, e.role, serial)
	case kindDeploy:
		source, parameters = "lambda", map[string]any{"functionName": name, "memorySize": 256}
	default:
		parameters["policyArn"] = adminPolicy
	}
	detail := map[string]any{
		"eventVersion": "1.11", "eventTime": at.UTC().Format(time.RFC3339), "eventSource": source + ".amazonaws.com", "eventName": e.kind, "awsRegion": region,
		"sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15",
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + a.id + ":user/sam", "accountId": a.id, "userName": "sam"},
		"requestParameters": parameters, "responseElements": nil, "eventID": fmt.Sprintf("51000000-0000-4000-8000-%012d", serial),
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": a.id, "eventCategory": "Management",
	}
	if source == "lambda" {
		detail["responseElements"] = map[string]any{
			"functionName": name, "functionArn": "arn:aws:lambda:" + region + ":" + a.id + ":function:" + name, "role": a.arn(name), "version": "$LATEST",
		}
	}
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": fmt.Sprintf("52000000-0000-4000-8000-%012d", serial), "detail-type": "AWS API Call via CloudTrail", "source": "aws." + source,
		"account": a.id, "time": at.UTC().Format(time.RFC3339), "region": region, "resources": []string{}, "detail": detail,
	}, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(text)
}
