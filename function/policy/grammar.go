package policy

import (
	"regexp"
	"strconv"
	"strings"
)

// check holds the statements against what their kind of policy may contain.
func (p *parser) check() {
	d := p.doc
	inIAM := d.Kind != Resource
	if d.Kind != Trust && inIAM && d.Version != "2012-10-17" && (d.Version == "" || d.Version == "2008-10-17") {
		p.violate(0, 3, "Version", "the policy must be of version 2012-10-17")
	}
	sids := map[string]bool{}
	for i := range d.Statements {
		s := &d.Statements[i]
		path := "Statement[" + strconv.Itoa(s.Index) + "]"
		if s.Effect == NoEffect && !strings.Contains(d.Text(s.Span), `"Effect"`) {
			p.violate(s.Span.Start, 1, path+".Effect", "the statement has no Effect")
		}
		if inIAM && s.Sid != "" {
			p.checkSid(s, path, sids)
		}
		p.checkElements(s, path)
		p.checkActions(s, path)
		p.checkResources(s, path)
		p.checkConditions(s, path)
	}
}

func (p *parser) checkSid(s *Statement, path string, sids map[string]bool) {
	if strings.ContainsFunc(s.Sid, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
	}) {
		p.violate(s.SidSpan.Start, 5, path+".Sid", "a Sid is of letters and digits only, not %s", strconv.Quote(s.Sid))
	}
	if sids[s.Sid] {
		p.violate(s.SidSpan.Start, 5, path+".Sid", "the Sid %s stands twice in the policy", strconv.Quote(s.Sid))
	}
	sids[s.Sid] = true
}

// checkElements tells which elements are missing, and which do not belong in this kind of policy.
func (p *parser) checkElements(s *Statement, path string) {
	if len(s.Actions) == 0 {
		p.violate(max(s.Span.Start, s.ActionSpan.Start), 1, path+".Action", "the statement must contain actions")
	}
	kind := p.doc.Kind
	ofCaller := kind == Identity || kind == Boundary || kind == Session || kind == SCP
	switch {
	case ofCaller && s.HasPrincipal:
		p.violate(s.PrincipalSpan.Start, 7, path+".Principal", "a policy of this kind has no Principal")
	case !ofCaller && !s.HasPrincipal:
		p.violate(s.Span.Start, 7, path+".Principal", "the statement names no Principal")
	}
	switch {
	case kind == Trust && s.HasResource:
		p.violate(s.ResourceSpan.Start, 8, path+".Resource", "a trust policy has no Resource: the role is its resource")
	case kind != Trust && kind != Resource && len(s.Resources) == 0:
		p.violate(max(s.Span.Start, s.ResourceSpan.Start), 1, path+".Resource", "the statement must contain resources")
	}
	if kind != Trust {
		return
	}
	if s.HasPrincipal && s.NotPrincipal {
		p.violate(s.PrincipalSpan.Start, 8, path+".NotPrincipal", "a trust policy has no NotPrincipal")
	}
	for _, v := range s.Principals {
		if v.Text != "*" && strings.ContainsAny(v.Text, "*?") {
			p.violate(v.Span.Start, 8, path+".Principal", "a principal in a trust policy holds no wildcard, as %s does", strconv.Quote(v.Text))
		}
	}
}

func (p *parser) checkActions(s *Statement, path string) {
	for _, v := range s.Actions {
		service, name, ok := strings.Cut(v.Text, ":")
		switch {
		case v.Text == "*":
		case !ok:
			p.violate(v.Span.Start, 1, path+".Action", "an action is \"*\" or starts with its service's prefix, as iam:, not %s", strconv.Quote(v.Text))
		case strings.Contains(name, ":"):
			p.violate(v.Span.Start, 1, path+".Action", "an action holds only one colon, not %s", strconv.Quote(v.Text))
		case service == "" || strings.ContainsAny(service, " \t\r\n"):
			p.violate(v.Span.Start, 1, path+".Action", "%s is no service prefix", strconv.Quote(service))
		}
	}
}

func (p *parser) checkResources(s *Statement, path string) {
	if p.doc.Kind == Trust || p.doc.Kind == Resource {
		return
	}
	for _, v := range s.Resources {
		if fault := resourceFault(v.Text); fault != "" {
			p.violate(v.Span.Start, 1, path+".Resource", "%s", fault)
		}
	}
}

// partitions are those that AWS has.
const partitions = " aws aws-cn aws-us-gov aws-iso aws-iso-b aws-iso-e aws-iso-f aws-eusc "

// resourceFault says what is wrong with a value of Resource; empty when IAM takes it.
func resourceFault(text string) string {
	quoted := strconv.Quote(text)
	parts := strings.SplitN(text, ":", 6)
	switch {
	case text == "*" || strings.HasPrefix(text, "${"):
		return ""
	case len(parts) < 2:
		return "a resource is an ARN or \"*\", not " + quoted
	case !strings.ContainsAny(parts[1], "*?") && !strings.Contains(partitions, " "+parts[1]+" "):
		return "the partition " + strconv.Quote(parts[1]) + " of " + quoted + " is none of AWS"
	case len(parts) < 3 || parts[2] == "":
		return "the resource " + quoted + " must name its service"
	case len(parts) > 3 && len(parts) < 6:
		return "the resource " + quoted + " is no whole ARN: it has " + strconv.Itoa(len(parts)) + " of 6 parts"
	case len(parts) < 6:
		return ""
	case parts[2] == "iam" && parts[3] != "":
		return "the IAM resource " + quoted + " names a Region, and IAM has none"
	case parts[2] == "iam" && !iamPath(parts[5]):
		return "the path of the IAM resource " + quoted + " starts with no kind of IAM resource, as user/ or role/"
	case parts[2] == "s3" && parts[3] != "" && !strings.HasPrefix(parts[5], "accesspoint/") && !strings.ContainsAny(parts[3]+parts[5], "*?") && !strings.Contains(parts[5], "/"):
		return "the S3 resource " + quoted + " names a Region, and a bucket's ARN has none"
	}
	return ""
}

func iamPath(path string) bool {
	if strings.ContainsAny(path[:min(len(path), 1)], "*?$") {
		return true
	}
	for _, prefix := range []string{
		"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
		"sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/", "root",
	} {
		if strings.HasPrefix(path, prefix) || strings.HasSuffix(strings.TrimRight(path, "*"), strings.TrimSuffix(prefix, "/")) && strings.HasSuffix(path, "*") {
			return true
		}
	}
	return false
}

func (p *parser) checkConditions(s *Statement, path string) {
	for _, c := range s.Conditions {
		op, understood := parseOperator(c.Operator)
		if understood != True || op.family != familyDate {
			continue
		}
		for _, v := range c.Values {
			if !dateLike(v.Text) {
				p.violate(v.Span.Start, 1, path+".Condition."+c.Operator, "%s is no date", strconv.Quote(v.Text))
			}
		}
	}
}

// dateForm is what IAM takes for a date: a year, with as much of month, day, time and zone as one likes.
var dateForm = regexp.MustCompile(`^[0-9]{1,9}(-(0?[1-9]|1[0-2])(-(0?[1-9]|[12][0-9]|3[01]))?)?([Tt]([0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?)?$`)

// dateLike tells whether IAM takes a text for a date, or for seconds since 1970.
func dateLike(text string) bool {
	if strings.Contains(text, "${") {
		return true
	}
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil || dateForm.MatchString(text)
}

// operatorFault says what is wrong with an operator; empty when it is known.
func operatorFault(text string) string {
	_, understood := parseOperator(text)
	if understood == True {
		return ""
	}
	if strings.Contains(strings.ToLower(text), "null") {
		return "Null takes neither IfExists nor a set prefix, as " + strconv.Quote(text) + " has"
	}
	return strconv.Quote(text) + " is no condition operator"
}
