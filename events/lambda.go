package events

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// lambdaRequest is what is read of the requestParameters of Lambda's calls; the names are the API's, with a small
// first letter: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
type lambdaRequest struct {
	Omitted           bool   `json:"omitted"`
	FunctionName      string `json:"functionName"`
	Qualifier         string `json:"qualifier"`
	FullyQualifiedARN struct {
		Prefix struct {
			Partition string `json:"partition"`
			Region    string `json:"region"`
			Account   string `json:"account"`
		} `json:"arnPrefix"`
		Relative struct {
			FunctionName string `json:"functionName"`
		} `json:"relativeId"`
	} `json:"fullyQualifiedArn"`
	Resource        string            `json:"resource"`
	ResourceARN     string            `json:"resourceArn"`
	MappingID       string            `json:"uUID"`
	MappingIDLower  string            `json:"uuid"`
	AliasName       string            `json:"name"`
	FunctionVersion string            `json:"functionVersion"`
	Publish         bool              `json:"publish"`
	Tags            map[string]string `json:"tags"`
	TagKeys         []string          `json:"tagKeys"`
	configuration
}

// lambdaResponse is what is read of the responseElements of Lambda's calls.
type lambdaResponse struct {
	Omitted         bool   `json:"omitted"`
	FunctionARN     string `json:"functionArn"`
	FunctionVersion string `json:"functionVersion"`
	Version         string `json:"version"`
	LastModified    moment `json:"lastModified"`
	configuration
}

// configuration is what requests and responses both say of a function. CloudTrail writes the key's name with the
// first letter small, whatever follows.
type configuration struct {
	Role        string  `json:"role"`
	Environment sent    `json:"environment"`
	KMSKeyARN   *string `json:"kMSKeyArn"`
	KMSKeyLower *string `json:"kmsKeyArn"`
}

func (c configuration) key() *string {
	if c.KMSKeyARN != nil {
		return c.KMSKeyARN
	}
	return c.KMSKeyLower
}

// readLambda fills the change from the parts of a Lambda record.
func (p *parser) readLambda() error {
	if p.change.Event.Subject == SubjectProvider {
		return p.readProvider()
	}
	var req lambdaRequest
	var resp lambdaResponse
	if err := p.decode(p.record.Request, "requestParameters", &req); err != nil {
		return err
	}
	if err := p.decode(p.record.Response, "responseElements", &resp); err != nil {
		return err
	}
	req.show()
	p.lack(req.Omitted, resp.Omitted)
	p.nameless = p.omitted || p.namesAnother(&req)
	c := p.change
	c.Partition = first(c.Partition, partitionOf(resp.FunctionARN), aws.PartitionOfRegion(c.Region).Name)
	c.Tags, c.UntaggedKeys = req.Tags, req.TagKeys
	p.configure(&req, &resp)
	c.Role, _ = roleFromARN(c.Config.Role)
	if c.Failed() {
		c.Asked = p.readAsked()
	}
	return p.function(&req, &resp)
}

// show empties the texts that CloudTrail hides, so that none of them is taken for a name.
func (r *lambdaRequest) show() {
	for _, text := range []*string{
		&r.FunctionName, &r.Qualifier, &r.Resource, &r.MappingID, &r.MappingIDLower, &r.AliasName, &r.FunctionVersion, &r.Role,
		&r.FullyQualifiedARN.Relative.FunctionName,
	} {
		*text = shown(*text)
	}
}

// namesAnother says that the record names something, though no function: an event source mapping by its ID, or the
// ARN of another resource that is tagged.
func (p *parser) namesAnother(req *lambdaRequest) bool {
	switch p.change.Event.Field {
	case fieldMapping:
		return req.MappingID != "" || req.MappingIDLower != ""
	case fieldResource:
		return req.Resource != ""
	case fieldResourceARN:
		resource, err := aws.ParseARN(req.ResourceARN)
		kind, _, _ := strings.Cut(resource.Resource, ":")
		return err == nil && kind != string(SubjectFunction)
	default:
		return false
	}
}

// configure takes the configuration. What a call asked for stands until its response says what came of it.
func (p *parser) configure(req *lambdaRequest, resp *lambdaResponse) {
	c := p.change
	c.Config.AliasVersion = first(resp.FunctionVersion, req.FunctionVersion)
	c.Config.Beside = p.beside()
	if !c.Event.Config || p.record.Request.text == nil && p.record.Response.text == nil {
		return
	}
	c.Config.Known = true
	c.Config.Role = first(resp.Role, req.Role)
	c.Config.Version = resp.Version
	c.Config.Publish = req.Publish
	c.Config.LastModified = resp.LastModified.Time
	c.Config.Settings = p.settings()
	if req.Environment || resp.Environment {
		yes := true
		c.Config.Environment = &yes
	}
	if c.Config.KMSKeyARN = resp.key(); c.Config.KMSKeyARN == nil {
		c.Config.KMSKeyARN = req.key()
	}
}

// function puts the function together: from the response, whose ARN is whole; else from the name in the request.
func (p *parser) function(req *lambdaRequest, resp *lambdaResponse) error {
	c := p.change
	answered, _ := aws.ParseFunctionName(resp.FunctionARN)
	asked, err := p.asked(req)
	if err != nil {
		return err
	}
	qualifier := first(req.Qualifier, asked.Qualifier, answered.Qualifier)
	if strings.HasSuffix(c.Event.Name, "Alias") {
		qualifier = first(req.AliasName, qualifier)
	}
	f := answered
	if f.Name == "" {
		f = asked
	}
	if f.Name == "" {
		return nil
	}
	f.Partition, f.Region, f.Account = first(f.Partition, c.Partition), first(f.Region, c.Region), first(f.Account, c.Account)
	if f.Region == "" {
		return p.malformed("awsRegion", "missing, but the function's ARN depends on it")
	}
	if f.Account == "" {
		return p.malformed("recipientAccountId", "missing, but the function's ARN depends on it")
	}
	c.Function = FunctionRef{Name: f.Name, ARN: f.ARN(), Qualifier: qualifier}
	return nil
}

// askedByARN reads the ARN in a request that takes those of other resources too, which name no function.
func (p *parser) askedByARN(req *lambdaRequest) (aws.FunctionName, error) {
	f, ok := aws.ParseFunctionName(req.ResourceARN)
	if ok && f.Partition != "" {
		return f, nil
	}
	if req.ResourceARN == "" || p.change.Failed() || p.namesAnother(req) {
		return aws.FunctionName{}, nil
	}
	return f, p.malformed(fieldResourceARN, "is "+quoted(req.ResourceARN)+", want the ARN of a resource of Lambda")
}

// asked reads the name in the request. A call with a name that is none was refused, so only there is it let pass.
func (p *parser) asked(req *lambdaRequest) (aws.FunctionName, error) {
	if p.change.Event.Field == fieldResource {
		f, _ := aws.ParseFunctionName(req.Resource)
		return f, nil
	}
	if p.change.Event.Field == fieldResourceARN {
		return p.askedByARN(req)
	}
	if req.FunctionName == "" {
		full := &req.FullyQualifiedARN
		return aws.FunctionName{
			Partition: full.Prefix.Partition, Region: full.Prefix.Region, Account: full.Prefix.Account,
			Name: full.Relative.FunctionName,
		}, nil
	}
	f, ok := aws.ParseFunctionName(req.FunctionName)
	if !ok && !p.change.Failed() {
		return f, p.malformed(fieldFunction, "is "+quoted(req.FunctionName)+", want a function's name or ARN")
	}
	return f, nil
}
