package events

import (
	"slices"
	"testing"
)

// Without an answer, a capacity provider is what the request names, in the Region and account of the record.
func TestACapacityProviderOfARequest(t *testing.T) {
	const operator = "arn:aws:iam::111122223333:role/fleet-operator"
	for name, want := range map[string]string{
		"fleet": "arn:aws:lambda:eu-central-1:111122223333:capacity-provider:fleet",
		"arn:aws:lambda:us-east-2:444455556666:capacity-provider:fleet": "arn:aws:lambda:us-east-2:444455556666:capacity-provider:fleet",
	} {
		c := parse(t, edited(t, "lambda.CreateCapacityProvider", func(r object) {
			r["requestParameters"].(object)["capacityProviderName"], r["responseElements"] = name, nil
		}))
		p := c.Provider
		if p.ARN != want || p.Role != operator || c.Role.ARN != operator || !slices.Equal(p.Subnets, []string{"subnet-0a1b2c3d4e5f60718"}) ||
			!slices.Equal(p.SecurityGroups, []string{"sg-0a1b2c3d4e5f60718"}) {
			t.Errorf("%s: %+v and the role %q", name, p, c.Role.ARN)
		}
	}
}

// What the answer says of a capacity provider counts before what the request says.
func TestTheAnswerNamesACapacityProvider(t *testing.T) {
	c := parse(t, edited(t, "lambda.CreateCapacityProvider", func(r object) {
		r["requestParameters"] = object{"capacityProviderName": "other", "vpcConfig": object{"subnetIds": []string{"subnet-2"}, "securityGroupIds": []string{"sg-2"}},
			"permissionsConfig": object{"capacityProviderOperatorRoleArn": "arn:aws:iam::111122223333:role/other"}}
		delete(r, "awsRegion")
		delete(r, "recipientAccountId")
	}))
	p := c.Provider
	if p.ARN != "arn:aws:lambda:eu-central-1:111122223333:capacity-provider:fleet" || p.Role != "arn:aws:iam::111122223333:role/fleet-operator" ||
		!slices.Equal(p.Subnets, []string{"subnet-0a1b2c3d4e5f60718"}) || !slices.Equal(p.SecurityGroups, []string{"sg-0a1b2c3d4e5f60718"}) {
		t.Errorf("%+v", p)
	}
}

// The ARN of a capacity provider depends on the Region and the account, unless the request names it by its ARN.
func TestACapacityProviderWhoseARNIsNotKnown(t *testing.T) {
	without := func(name any, field string) []byte {
		return edited(t, "lambda.DeleteCapacityProvider", func(r object) {
			r["requestParameters"], r["responseElements"], r["userIdentity"] = object{"capacityProviderName": name}, nil, nil
			delete(r, field)
		})
	}
	const arn = "arn:aws:lambda:eu-central-1:111122223333:capacity-provider:fleet"
	for _, field := range []string{"awsRegion", "recipientAccountId"} {
		wantMalformed(t, without("fleet", field), field)
		if got := parse(t, without(arn, field)).Provider.ARN; got != arn {
			t.Errorf("without %s: %q", field, got)
		}
		unread, ok := ParseUnread(without("fleet", field), "new")
		if !ok || !unread.Omitted || unread.Provider.ARN != "" {
			t.Errorf("unread without %s: %v, %+v", field, ok, unread)
		}
	}
	for _, name := range []any{nil, "", hidden} {
		wantMalformed(t, without(name, "eventID"), fieldProvider)
	}
}
