#Requires -RunAsAdministrator
<#
Sets the agent up on Windows, or replaces its script: it starts with the computer, without a login, as LOCAL SERVICE, and again when
it ends. It is a scheduled task, because Node.js is no service program, and because Windows then needs nothing else.

  .\install-agent.ps1 -Script platen-agent-1.2.0.cjs

Needs Node.js 20.19, 22.12, 24 or newer, installed for all users. Then write agent.json where the script says, enrol, and start:

  & node 'C:\Program Files\Platen Agent\platen-agent.cjs' enrol - --server https://platen.example
  Start-ScheduledTask -TaskName 'Platen Agent'
#>
param(
  [Parameter(Mandatory)] [string] $Script,
  [string] $Program = "$env:ProgramFiles\Platen Agent",
  [string] $Data = "$env:ProgramData\Platen Agent",
  [string] $Task = 'Platen Agent'
)
$ErrorActionPreference = 'Stop'

$node = (Get-Command node.exe).Source
$configuration = Join-Path $Data 'configuration'
$state = Join-Path $Data 'state'
New-Item -ItemType Directory -Force $Program, $configuration, $state | Out-Null

# S-1-5-18 SYSTEM, S-1-5-32-544 administrators, S-1-5-19 LOCAL SERVICE: the agent reads what its owner permits, and cannot write it
icacls $Data /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-19:(OI)(CI)RX' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "the permissions of $Data cannot be set" }
icacls $state /grant '*S-1-5-19:(OI)(CI)M' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "the permissions of $state cannot be set" }

if (Get-ScheduledTask -TaskName $Task -ErrorAction SilentlyContinue) { Stop-ScheduledTask -TaskName $Task }
Copy-Item $Script (Join-Path $Program 'platen-agent.cjs') -Force

# for this session, and for the commands of administrators
$environment = @{ PLATEN_AGENT_CONFIG = (Join-Path $configuration 'agent.json'); PLATEN_AGENT_STATE = $state }
foreach ($name in $environment.Keys) {
  [Environment]::SetEnvironmentVariable($name, $environment[$name], 'Machine')
  Set-Item "env:$name" $environment[$name]
}

$arguments = "`"$(Join-Path $Program 'platen-agent.cjs')`" run --config `"$($environment.PLATEN_AGENT_CONFIG)`" " +
  "--credentials `"$(Join-Path $state 'agent-credentials.json')`""
$action = New-ScheduledTaskAction -Execute $node -Argument $arguments -WorkingDirectory $state
$trigger = New-ScheduledTaskTrigger -AtStartup
$principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-19' -LogonType ServiceAccount
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
  -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask -TaskName $Task -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null

Write-Host "Write $($environment.PLATEN_AGENT_CONFIG), enrol the agent, then: Start-ScheduledTask -TaskName '$Task'"
