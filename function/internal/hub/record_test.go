package hub_test

import (
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"
)

// record is a CloudTrail record of an account in EventBridge's envelope.
func (l *lab) record(account, name string, parameters map[string]any, more ...map[string]any) []byte {
	l.serial++
	source := "iam"
	if len(more) > 0 {
		source = "organizations"
	}
	detail := map[string]any{
		"eventVersion": "1.09", "eventTime": l.now.Format(time.RFC3339), "eventSource": source + ".amazonaws.com", "eventName": name, "awsRegion": region,
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/mallory", "accountId": account, "userName": "mallory"},
		"requestParameters": parameters, "responseElements": nil, "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", l.serial),
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	for _, m := range more {
		maps.Copy(detail, m)
	}
	return l.event(account, "aws."+source, "AWS API Call via CloudTrail", detail)
}

func (l *lab) event(account, source, kind string, detail any) []byte {
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": fmt.Sprintf("e%d", l.serial), "detail-type": kind, "source": source, "account": account,
		"time": l.now.Format(time.RFC3339), "region": region, "resources": []any{}, "detail": detail,
	}, json.Deterministic(true))
	if err != nil {
		l.t.Fatal(err)
	}
	return text
}

// setTrust edits the trust policy of a role, and gives its record.
func (l *lab) setTrust(account, name, trust string) []byte {
	l.clouds[account].roles[name].trust = trust
	return l.record(account, "UpdateAssumeRolePolicy", map[string]any{"roleName": name, "policyDocument": trust})
}

// putInline puts an inline policy, or deletes it where it has no text, and gives the record.
func (l *lab) putInline(account, name, text string) []byte {
	r := l.clouds[account].roles[name]
	if text == "" {
		delete(r.inline, "all")
		return l.record(account, "DeleteRolePolicy", map[string]any{"roleName": name, "policyName": "all"})
	}
	r.inline["all"] = text
	return l.record(account, "PutRolePolicy", map[string]any{"roleName": name, "policyName": "all", "policyDocument": text})
}
