package policy

import (
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// checkAction checks one value of Action or NotAction. IAM looks at the service's prefix and the colon, not at the name.
func (p *parser) checkAction(v Value) {
	colon := inPrefix.count(v.Text)
	if name := v.Text[min(colon+1, len(v.Text)):]; 0 < colon && name != "" && v.Text[colon] == ':' && strings.IndexByte(name, ':') < 0 {
		return // as nearly all are
	}
	service, name, ok := strings.Cut(v.Text, ":")
	switch {
	case v.Text == "*":
	case !ok:
		p.violate(v.Span.Start, 1, "an action must be \"*\" or start with the prefix of its service, such as iam:, unlike %s", quoted(v.Text))
	case strings.Contains(name, ":"):
		p.violate(v.Span.Start, 1, "an action can contain only one colon, unlike %s", quoted(v.Text))
	case service == "" || !inPrefix.holds(service):
		p.violate(v.Span.Start, 1, "the service prefix %s of an action is not valid", quoted(service))
	case name == "":
		p.violate(v.Span.Start, 1, "the action %s has no name after its service", quoted(v.Text))
	}
}

// inPrefix are the bytes that can stand in a service's prefix.
var inPrefix = bytesOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*?")

// inSid are those that can stand in a Sid.
var inSid = bytesOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")

type byteSet [256]bool

func bytesOf(text string) *byteSet {
	var s byteSet
	for i := range len(text) {
		s[text[i]] = true
	}
	return &s
}

// count tells how many bytes of the set the text begins with.
func (s *byteSet) count(text string) int {
	n := 0
	for n < len(text) && s[text[n]] {
		n++
	}
	return n
}

// holds says whether the text has no other bytes.
func (s *byteSet) holds(text string) bool { return s.count(text) == len(text) }

// checkPrincipal checks one value of Principal or NotPrincipal (rule 8).
func (p *parser) checkPrincipal(v Value) {
	if p.doc.Kind == Trust && v.Text != "*" && strings.ContainsAny(v.Text, "*?") {
		p.violate(v.Span.Start, 8, "a principal in a trust policy cannot contain a wildcard, unlike %s", quoted(v.Text))
	}
}

// checkResource checks one value of Resource or NotResource. Other services take forms of their own in the policies of
// their resources.
func (p *parser) checkResource(v Value) {
	if p.doc.Kind == Trust || p.doc.Kind == Resource {
		return
	}
	if fault := resourceFault(v.Text); fault != "" {
		p.violate(v.Span.Start, 1, "%s", fault)
	}
}

func isPartition(text string) bool { return aws.IsPartition(text) || strings.ContainsAny(text, "*?") }

// resourceFault says what is wrong with a value of Resource; empty when IAM accepts it.
func resourceFault(text string) string {
	if text == "*" {
		return ""
	}
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return "the resource " + quoted(text) + " must be in ARN format or \"*\""
	}
	partition, rest, _ := strings.Cut(rest, ":")
	service, rest, _ := strings.Cut(rest, ":")
	switch {
	case !isPartition(partition):
		return "the partition " + quoted(partition) + " is not valid, in the resource " + quoted(text)
	case prefix != "arn":
		return "the resource " + quoted(text) + " must be in ARN format or \"*\": an ARN starts with \"arn:\""
	case service == "":
		return "the resource " + quoted(text) + " must name its vendor (the service)"
	case strings.ContainsAny(service, "*?") && strings.Trim(service, "*") != "":
		return "the vendor of the resource " + quoted(text) + " must be fully qualified, without a wildcard inside"
	}
	region, rest, _ := strings.Cut(rest, ":")
	_, path, whole := strings.Cut(rest, ":")
	switch {
	case whole:
		return pathFault(text, service, region, path)
	case strings.Contains(text, "::"):
		return "the resource " + quoted(text) + " is not a complete ARN: it has " + strconv.Itoa(strings.Count(text, ":")+1) + " of 6 parts"
	}
	return "" // IAM completes it (rule 18).
}

// pathFault says what is wrong with a complete ARN of a service whose resources IAM knows.
func pathFault(text, service, region, path string) string {
	literal := region != "" && !strings.ContainsAny(region, "*?")
	switch {
	case service == "iam" && literal:
		return "the IAM resource " + quoted(text) + " cannot contain region information"
	case service == "iam" && !isIAMPath(path):
		return "the path of the IAM resource " + quoted(text) + " must be \"*\" or start with a type of IAM resource, such as user/ or role/"
	case service == "s3" && literal && !hasRegionInS3(path):
		return "the resource " + quoted(text) + " can not contain region information: it is a bucket"
	}
	return ""
}

// iamPaths are what the path of an IAM resource starts with.
var iamPaths = [...]string{
	"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/", "sms-mfa/",
	"saml-provider/", "oidc-provider/", "report/", "access-report/", "assumed-role/", "delegation-request/", "root",
}

// isIAMPath says whether a path can be one of IAM's, whatever its wildcards and variables stand for.
func isIAMPath(path string) bool {
	literal, hasMore := path, false
	if i := strings.IndexAny(path, "*?$"); i >= 0 {
		literal, hasMore = path[:i], true
	}
	for _, start := range iamPaths {
		if strings.HasPrefix(literal, start) || hasMore && strings.HasPrefix(start, literal) {
			return true
		}
	}
	return false
}

// hasRegionInS3 says whether a path is of those S3 resources that lie in a Region, which buckets and objects do not by
// their ARNs.
func hasRegionInS3(path string) bool {
	kind, _, _ := strings.Cut(path, "/")
	switch kind {
	case "accesspoint", "access-grants", "async-request", "job", "storage-lens", "storage-lens-group":
		return true
	}
	return strings.ContainsAny(kind, "*?$")
}

// operatorFault says what is wrong with an operator that is not understood.
func operatorFault(text string) string {
	if strings.Contains(strings.ToLower(text), "null") {
		return "Null cannot be combined with IfExists or a set operator, unlike in " + quoted(text)
	}
	return quoted(text) + " is not a condition operator"
}
