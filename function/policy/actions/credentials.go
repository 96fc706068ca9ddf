package actions

import (
	"strings"
	"sync"
)

// GivesCredentials reports whether an action gives whoever calls it a password, a key, a token or a secret, or lets them into
// a machine or a database. The name is spelled as AWS does.
func GivesCredentials(action string) bool {
	_, documented := credentialMembers()[action]
	return documented || credentialsWithoutModel[action] != credentialReason{}
}

// credentialMembers say for each action which member of its response is the credential, by the path in the API's model; those of
// a list or a map have no name there. A path after "<" is one of the request: the caller says what the credential is, or puts one
// into force again. What the members are is in the API reference of each service, and in the models of botocore.
//
// Not here is what only echoes the caller's own secret, what AWS says it never returns, what is made with the new thing that it
// opens, and what opens nothing of the account's: a relay of kinesisvideo:GetIceServerConfig, and a space of CloudWatch for the
// organization's management account, cloudwatch:GetSpaceCredentialsForOrganization. Nor is what gives a role nothing by itself:
// sts:GetFederationToken, which takes the long-term credentials of an IAM user, and secretsmanager:BatchGetSecretValue, which takes
// secretsmanager:GetSecretValue for each secret:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
var credentialMembers = sync.OnceValue(func() map[string]string {
	members := map[string]string{}
	for line := range strings.Lines(credentialTable) {
		service, entries, _ := strings.Cut(line, ":")
		for entry := range strings.FieldsSeq(entries) {
			name, member, _ := strings.Cut(entry, "=")
			members[service+":"+name] = member
		}
	}
	return members
})

const credentialTable = `
acm: ExportCertificate=PrivateKey GetAcmeExternalAccountBindingCredentials=MacKey
airflow: CreateCliToken=CliToken CreateWebLoginToken=WebToken
amplify: GetApp=app.basicAuthCredentials GetBranch=branch.basicAuthCredentials
amplify: ListApps=apps.basicAuthCredentials ListBranches=branches.basicAuthCredentials
appsync: CreateApiKey=apiKey.id ListApiKeys=apiKeys.id
athena: CreatePresignedNotebookUrl=AuthToken GetSessionEndpoint=AuthToken
bedrock-agentcore: GetResourceApiKey=apiKey GetResourceOauth2Token=accessToken
bedrock-agentcore: GetResourcePaymentToken=paymentTokenResponse.coinbaseCdpTokenResponse.bearerToken
bedrock-agentcore: GetWorkloadAccessToken=workloadAccessToken GetWorkloadAccessTokenForJWT=workloadAccessToken
bedrock-agentcore: GetWorkloadAccessTokenForUserId=workloadAccessToken
codeartifact: GetAuthorizationToken=authorizationToken
codebuild: StartSandboxConnection=ssmSession.tokenValue
codepipeline: GetJobDetails=jobDetails.data.artifactCredentials.secretAccessKey
codepipeline: GetThirdPartyJobDetails=jobDetails.data.artifactCredentials.secretAccessKey
codepipeline: PollForJobs=jobs.data.artifactCredentials.secretAccessKey
cognito-identity: GetCredentialsForIdentity=Credentials.SecretKey GetOpenIdToken=Token GetOpenIdTokenForDeveloperIdentity=Token
cognito-idp: AddUserPoolClientSecret=ClientSecretDescriptor.ClientSecretValue DescribeUserPoolClient=UserPoolClient.ClientSecret
cognito-idp: UpdateUserPoolClient=UserPoolClient.ClientSecret
connect: GetFederationToken=Credentials.AccessToken
datazone: GetConnection=connectionCredentials.secretAccessKey GetEnvironmentCredentials=secretAccessKey GetIamPortalLoginUrl=authCodeUrl
deadline: AssumeFleetRoleForRead=credentials.secretAccessKey AssumeFleetRoleForWorker=credentials.secretAccessKey
deadline: AssumeQueueRoleForRead=credentials.secretAccessKey AssumeQueueRoleForUser=credentials.secretAccessKey
deadline: AssumeQueueRoleForWorker=credentials.secretAccessKey
ec2-instance-connect: SendSSHPublicKey=<SSHPublicKey SendSerialConsoleSSHPublicKey=<SSHPublicKey
ec2: ExportVerifiedAccessInstanceClientConfiguration=UserTrustProvider.ClientSecret GetPasswordData=PasswordData
ecs: ExecuteCommand=session.tokenValue
elasticmapreduce: GetClusterSessionCredentials=Credentials.UsernamePassword.Password GetOnClusterAppUIPresignedURL=PresignedURL
elasticmapreduce: GetPersistentAppUIPresignedURL=PresignedURL GetSessionEndpoint=AuthToken
emr-containers: GetManagedEndpointSessionCredentials=credentials.token
emr-serverless: GetDashboardForJobRun=url GetSessionEndpoint=authToken
finspace-api: GetProgrammaticAccessCredentials=credentials.secretAccessKey
gamelift: GetComputeAccess=Credentials.SecretAccessKey GetComputeAuthToken=AuthToken GetGameSessionLogUrl=PreSignedUrl
gamelift: GetInstanceAccess=InstanceAccess.Credentials.Secret RequestUploadCredentials=UploadCredentials.SecretAccessKey
gameliftstreams: CreateStreamSessionAdminShell=TokenValue
glue: GetDashboardUrl=Url GetSessionEndpoint=SparkConnect.AuthToken
grafana: CreateWorkspaceApiKey=key CreateWorkspaceServiceAccountToken=serviceAccountToken.key
iam: CreateAccessKey=AccessKey.SecretAccessKey CreateLoginProfile=<Password
iam: CreateServiceSpecificCredential=ServiceSpecificCredential.ServicePassword
iam: ResetServiceSpecificCredential=ServiceSpecificCredential.ServicePassword UpdateAccessKey=<Status
iot: CreateProvisioningClaim=keyPair.PrivateKey OpenTunnel=sourceAccessToken RotateTunnelAccessToken=sourceAccessToken
ivs: BatchGetStreamKey=streamKeys.value CreateParticipantToken=participantToken.token CreateStreamKey=streamKey.value
ivs: GetIngestConfiguration=ingestConfiguration.streamKey GetStreamKey=streamKey.value
ivschat: CreateChatToken=token
kinesisanalytics: CreateApplicationPresignedUrl=AuthorizedUrl
lakeformation: GetTemporaryGluePartitionCredentials=SecretAccessKey GetTemporaryGlueTableCredentials=SecretAccessKey
lambda: CreateMicrovmAuthToken=authToken CreateMicrovmShellAuthToken=authToken
license-manager: CreateToken=Token
lightsail: CreateBucketAccessKey=accessKey.secretAccessKey CreateContainerServiceRegistryLogin=registryLogin.password
lightsail: DownloadDefaultKeyPair=privateKeyBase64 GetInstanceAccessDetails=accessDetails.privateKey
lightsail: GetRelationalDatabaseMasterUserPassword=masterUserPassword
mediapackage: DescribeChannel=HlsIngest.IngestEndpoints.Password ListChannels=Channels.HlsIngest.IngestEndpoints.Password
mediapackage: RotateChannelCredentials=HlsIngest.IngestEndpoints.Password
mediapackage: RotateIngestEndpointCredentials=HlsIngest.IngestEndpoints.Password
pca-connector-scep: CreateChallenge=Challenge.Password GetChallengePassword=Password
quicksight: GenerateEmbedUrlForRegisteredUser=EmbedUrl GenerateEmbedUrlForRegisteredUserWithIdentity=EmbedUrl
quicksight: GetDashboardEmbedUrl=EmbedUrl GetSessionEmbedUrl=EmbedUrl
redshift-serverless: GetCredentials=dbPassword GetIdentityCenterAuthToken=token
redshift: GetClusterCredentials=DbPassword GetClusterCredentialsWithIAM=DbPassword GetIdentityCenterAuthToken=Token
route53domains: RetrieveDomainAuthCode=AuthCode TransferDomainToAnotherAwsAccount=Password
route53globalresolver: CreateAccessToken=value GetAccessToken=value
sagemaker: CreatePartnerAppPresignedUrl=Url CreatePresignedDomainUrl=AuthorizedUrl CreatePresignedMlflowAppUrl=AuthorizedUrl
sagemaker: CreatePresignedMlflowTrackingServerUrl=AuthorizedUrl CreatePresignedNotebookInstanceUrl=AuthorizedUrl StartSession=TokenValue
secretsmanager: GetSecretValue=SecretString
snowball: GetJobUnlockCode=UnlockCode
ssm: GetAccessToken=Credentials.SecretAccessKey ResumeSession=TokenValue StartSession=TokenValue
storagegateway: DescribeChapCredentials=ChapCredentials.SecretToAuthenticateInitiator
sts: AssumeRoot=Credentials.SecretAccessKey
wickr: GetOidcInfo=openidConnectInfo.clientSecret GetOpentdfConfig=clientSecret
workmail: AssumeImpersonationRole=Token
`

// credentialReason is why an action gives credentials that no API model describes, and where AWS says so.
type credentialReason struct{ why, source string }

const (
	authorizationReference = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
	chatbotOAuth           = "It generates OAuth parameters to request an OAuth code. AWS doesn't document what it returns."
)

// credentialsWithoutModel are for consoles, or checked by another protocol than that of an AWS API. Read on 2026-11-29.
var credentialsWithoutModel = map[string]credentialReason{
	"chatbot:GetMicrosoftTeamsOauthParameters": {chatbotOAuth, authorizationReference + "list_awschatbot.html"},
	"chatbot:GetSlackOauthParameters":          {chatbotOAuth, authorizationReference + "list_awschatbot.html"},
	"chime:CreateApiKey": {
		"It creates a SCIM access key for the Amazon Chime account and its Okta configuration.", authorizationReference + "list_amazonchime.html",
	},
	"cloud9:CreateEnvironmentToken": {
		"It creates an authentication token that connects the AWS Cloud9 IDE with the user's environment.", authorizationReference + "list_awscloud9.html",
	},
	"connect:AdminGetEmergencyAccessToken": {
		"It signs the caller in to an instance as an administrator.", "https://docs.aws.amazon.com/connect/latest/adminguide/emergency-admin-login.html",
	},
	"dsql:DbConnect": {
		"A token signed with the caller's own credentials gives access to the database.",
		"https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html",
	},
	"dsql:DbConnectAdmin": {
		"A token signed with the caller's own credentials gives access to the database as admin.",
		"https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html",
	},
	"elasticache:Connect": {
		"A token signed with the caller's own credentials gives access to the cache.", "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html",
	},
	"memorydb:Connect": {
		"A token signed with the caller's own credentials gives access to the cluster.", "https://docs.aws.amazon.com/memorydb/latest/devguide/auth-iam.html",
	},
	"rds-db:connect": {
		"A token signed with the caller's own credentials gives access to the database.",
		"https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html",
	},
	"sso-directory:CreateBearerToken": {
		"It creates a bearer token for provisioning users and groups.", authorizationReference + "list_awsiamidentitycenterdirectory.html",
	},
	"sso-directory:ListBearerTokens": {
		"It lists the bearer tokens for provisioning users and groups.", authorizationReference + "list_awsiamidentitycenterdirectory.html",
	},
}
