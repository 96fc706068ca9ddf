package aws

import (
	"fmt"
	"slices"
	"strings"
)

// ARN is the name of one resource, "arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE". Region and Account are empty for
// resources that belong to none, and Account is "aws" for what AWS owns:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

const (
	arnPrefix = "arn"
	// arnSegments is how many segments an ARN has. The last one may hold further colons.
	arnSegments = 6
)

// IsARN tells whether a text is written as an ARN, be it whole or not.
func IsARN(text string) bool { return strings.HasPrefix(text, arnPrefix+":") }

// ParseARN reads an ARN. The error says what is wrong with the text; its ARN is the zero value then.
func ParseARN(text string) (ARN, error) {
	p, ok := ParseARNPattern(text)
	if !ok || p.Prefix != arnPrefix || p.Partition == "" || p.Service == "" || p.Resource == "" {
		return ARN{}, notARN(text)
	}
	return p.ARN, nil
}

// notARN is a text that is no ARN. What is wrong with it is worked out for who reads it: most callers only want to know.
type notARN string

// Error says what is wrong.
func (n notARN) Error() string {
	text := string(n)
	p, ok := ParseARNPattern(text)
	why := "its resource is empty"
	switch {
	case !IsARN(text):
		why = fmt.Sprintf("it does not begin with %q", arnPrefix+":")
	case !ok:
		why = fmt.Sprintf("it has %d of %d segments", strings.Count(text, ":")+1, arnSegments)
	case p.Partition == "":
		why = "its partition is empty"
	case p.Service == "":
		why = "its service is empty"
	}
	return fmt.Sprintf("parse ARN %q: %s", text, why)
}

// String is the ARN as AWS writes it.
func (a ARN) String() string {
	return arnPrefix + ":" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// In is the ARN of another resource in the same partition, Region and account.
func (a ARN) In(service, resource string) ARN {
	a.Service, a.Resource = service, resource
	return a
}

// ARNPattern is a text that policies compare ARNs with, and whose segments may hold wildcards and policy variables, or an ARN.
type ARNPattern struct {
	// Prefix is "arn", unless it is a pattern too.
	Prefix string
	ARN
}

// ParseARNPattern cuts a text into the segments of an ARN, whatever they hold; false when it has too few, and then the
// pattern has those that are there.
func ParseARNPattern(text string) (ARNPattern, bool) {
	var segments [arnSegments]string
	from, n := 0, 0
	for i := 0; i < len(text) && n < arnSegments-1; i++ {
		if text[i] == ':' {
			segments[n] = text[from:i]
			from, n = i+1, n+1
		}
	}
	segments[n] = text[from:]
	return ARNPattern{segments[0], ARN{segments[1], segments[2], segments[3], segments[4], segments[5]}}, n == arnSegments-1
}

// CompleteARNPattern cuts a value of Resource in a policy that is attached to the caller. Segments that are missing at its end
// are wildcards there, as IAM completes them; false for a text that names no service.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func CompleteARNPattern(text string) (ARNPattern, bool) {
	if missing := arnSegments - 1 - strings.Count(text, ":"); missing > 0 && missing <= arnSegments/2 {
		text += strings.Repeat(":*", missing)
	}
	return ParseARNPattern(text)
}

// String is the pattern as policies write it.
func (p ARNPattern) String() string {
	return p.Prefix + strings.TrimPrefix(p.ARN.String(), arnPrefix)
}

// Colons is how many colons the last segment of an ARN has. An asterisk that ends a segment before it may stand for some of them.
func Colons(resource string) int { return strings.Count(resource, ":") }

// HasName reports whether the pattern has some of a resource's name in it, next to what says its type. An ARN of Amazon S3 has no
// type.
func (p ARNPattern) HasName() bool {
	parts := strings.FieldsFunc(p.Resource, func(r rune) bool { return r == ':' || r == '/' })
	if len(parts) > 1 && p.Service != "s3" {
		parts = parts[1:]
	}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Trim(part, "*?") != "" })
}

// AccountOf is the account in an ARN; empty where the text is no ARN, or its ARN has no account.
func AccountOf(arn string) string {
	a, _ := ParseARN(arn)
	return a.Account
}

// IsAccountID tells whether a text is the ID of an account: 12 digits.
func IsAccountID(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return len(text) == 12
}
