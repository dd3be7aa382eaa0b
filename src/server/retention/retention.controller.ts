import { Controller, Get } from '@nestjs/common';
import { retention, type Retention } from '../../protocol/retention';
import { Permit } from '../auth/access/access.guard';
import { Answers } from '../http/answers';
import { RetentionService } from './retention.service';

@Controller('api/retention')
@Permit('technician')
export class RetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Get()
  @Answers(retention)
  get(): Retention {
    return this.retention.kept();
  }
}
